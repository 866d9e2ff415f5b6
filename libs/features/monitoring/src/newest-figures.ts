/**
 * Lateral join of a row `s` of monitor_state with the newest figures of its monitor and subject as `f`: each is found by
 * the primary key of its table. And the alert that stands for it as `a`.
 */
export const WITH_NEWEST = `left join lateral (
    (select d.as_of, d.statistic, d.value, d.limit_value, d.status from drift_metrics d
      where d.timeline_id = s.timeline_id and d.agent = s.agent and d.monitor = s.monitor and d.subject = s.subject
      order by d.as_of desc limit 1)
    union all
    (select p.as_of, null, p.value, p.limit_value, p.status from model_performance_history p
      where p.timeline_id = s.timeline_id and p.agent = s.agent and p.monitor = s.monitor
      order by p.as_of desc limit 1)
    limit 1) f on true
  left join alerts a on a.timeline_id = s.timeline_id and a.agent = s.agent and a.monitor = s.monitor
    and a.subject = s.subject and a.state = 'firing'`;
