/** Style sheet of a report: readable in light and dark, on paper, and on a narrow screen. No resource is loaded. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --rule: #d6dae0; --ground: #fdfdfc; --panel: #f4f5f6;
  --policy: #1f5fd1; --hold: #7d8590; --baseline: #b45f06; --once: #0f7b6c; --always: #a8327f; --gated: #6b4fc4;
  --good: #1d7f3f; --bad: #c0322b; --warn: #a86a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #a0a8b3; --rule: #3a414b; --ground: #15181c; --panel: #1d2126;
  --policy: #6ea6ff; --hold: #9aa3ae; --baseline: #f0a35a; --once: #4fc7b3; --always: #ee84c6; --gated: #ab96f5;
  --good: #5bc37e; --bad: #ff7b72; --warn: #e3b341; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; } h3 { font-size: 1rem; margin: 0; }
p, li { max-width: 75ch; } a { color: var(--policy); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .87rem; white-space: nowrap; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); } th { font-weight: 600; vertical-align: bottom; white-space: pre-line; }
th:first-child, td:first-child, td.text { text-align: left; } td.text { white-space: normal; min-width: 22rem; }
tr.policy td { font-weight: 600; background: var(--panel); } tr.era td { color: var(--soft); }
.verdict { background: var(--panel); padding: .8rem 1rem .8rem 2rem; margin: 0; border-radius: 6px; }
figure { margin: 1.8rem 0 0; } figcaption { color: var(--soft); font-size: .85rem; max-width: 90ch; }
.legend { margin: .2rem 0; } .key { margin-right: 1rem; font-size: .87rem; } .key::before { content: ''; display: inline-block; width: 1.4em; border-top: 3px solid; vertical-align: middle; margin-right: .4em; }
svg { display: block; width: 100%; height: auto; } .smalls { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .5rem; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } svg .name, svg .axis { fill: var(--ink); } svg .small text, svg.small text { font-size: 11px; }
.end { text-anchor: end; } .mid { text-anchor: middle; } .grid { stroke: var(--rule); } .zero { stroke: var(--soft); } .limit { stroke: var(--bad); stroke-dasharray: 4 3; }
.line { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
.policy { --c: var(--policy); } .hold { --c: var(--hold); } .baseline { --c: var(--baseline); } .once { --c: var(--once); } .always { --c: var(--always); } .gated { --c: var(--gated); }
.line { stroke: var(--c); } .key::before { border-color: var(--c); }
.action-retrain { fill: var(--soft); } .action-promote { fill: var(--good); } .action-refuse { fill: var(--warn); } .action-rollback { fill: var(--bad); } .action-pause { fill: var(--hold); }
.alarm-drift { fill: var(--warn); } .alarm-performance { fill: var(--bad); } .alarm-error { fill: var(--bad); } .alarm-warning { fill: var(--soft); }
rect { opacity: .75; } summary { cursor: pointer; margin: .5rem 0; }
`;
