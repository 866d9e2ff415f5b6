//! Maximising the likelihood.

use super::likelihood::Likelihood;
use super::transform::Transform;
use super::{ErrorDistribution, GarchParameters, Specification};
use crate::{ModelError, Progress, Result};
use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use serde::Serialize;
use std::cell::{Cell, RefCell};

const FAMILY: &str = "gjr_garch_t";
/// Steps kept by L-BFGS; more than the number of parameters.
const MEMORY: usize = 8;
/// Gradient of the mean log-likelihood at which the search stops.
const GRADIENT_TOLERANCE: f64 = 1e-9;
/// Change of the mean log-likelihood at which it stops as well: a few units in the last place, beyond which line
/// searches only wander.
const COST_TOLERANCE: f64 = 1e-14;
/// Gradient of the mean log-likelihood above which the result is not called an optimum. Line searches give up near 1e-8.
const GRADIENT_LIMIT: f64 = 1e-4;

/// (ω/s², α, γ, β) of the starting points: usual equity values, no asymmetry, low persistence.
const STARTS: [[f64; 4]; 3] = [
    [0.02, 0.03, 0.12, 0.89],
    [0.05, 0.10, 0.0, 0.85],
    [0.40, 0.15, 0.05, 0.40],
];

/// How hard to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Starting points tried, 1 to 3.
    pub starts: usize,
    /// Steps per starting point.
    pub max_iterations: u64,
}

/// An optimum.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// Where it lies, in the unit of the series.
    pub parameters: GarchParameters,
    /// Log-likelihood there.
    pub log_likelihood: f64,
    /// α + γ/2 + β.
    pub persistence: f64,
    /// Largest absolute derivative of the mean log-likelihood in the free coordinates.
    pub gradient: f64,
    /// Log-likelihood reached from each starting point; none where it is not finite at the start.
    pub starts: Vec<Option<f64>>,
    /// Likelihoods computed.
    pub evaluations: u64,
}

/// Estimates a model on a series by L-BFGS from several starting points; the best optimum wins, the first of equals.
///
/// # Errors
/// [`ModelError::Degenerate`] for a constant series, [`ModelError::NotConverged`] if no start ends where the
/// gradient vanishes, [`ModelError::Cancelled`] on request.
pub fn estimate(
    series: &[f64],
    specification: Specification,
    settings: &Settings,
    progress: &mut dyn Progress,
) -> Result<Estimate> {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let scale = series.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(ModelError::Degenerate {
            message: format!("the series has variance {scale}"),
        });
    }
    let search = Search {
        likelihood: Likelihood::new(series, specification),
        transform: Transform::new(specification, scale),
        last: RefCell::new(None),
        best: RefCell::new(None),
        evaluations: Cell::new(0),
    };
    let mut reached = Vec::new();
    for (index, start) in STARTS.iter().take(settings.starts).enumerate() {
        let start = starting_point(start, mean, scale, specification);
        reached.push(search.descend(&start, settings.max_iterations, &*progress)?);
        let share = (index + 1) as f64 / settings.starts as f64;
        progress.report(
            0.7 * share,
            &format!("starting point {} of {}", index + 1, settings.starts),
        );
    }
    search.result(reached)
}

fn starting_point(
    &[omega, alpha, gamma, beta]: &[f64; 4],
    mu: f64,
    scale: f64,
    specification: Specification,
) -> GarchParameters {
    let nu = if specification.distribution == ErrorDistribution::StudentT {
        8.0
    } else {
        f64::INFINITY
    };
    let (alpha, gamma) = if specification.leverage {
        (alpha, gamma)
    } else {
        (alpha + gamma / 2.0, 0.0)
    };
    GarchParameters {
        mu,
        omega: omega * scale,
        alpha,
        gamma,
        beta,
        nu,
    }
}

/// A point with its objective: minus the mean log-likelihood.
#[derive(Clone, Debug)]
struct Point {
    free: Vec<f64>,
    cost: f64,
    gradient: Vec<f64>,
}

impl Point {
    fn steepest(&self) -> f64 {
        self.gradient
            .iter()
            .fold(0.0, |largest, value| value.abs().max(largest))
    }
}

/// The objective, remembering the best point it was asked for: a line search that gives up at the limit of precision,
/// which near an optimum is the usual end, loses nothing.
struct Search<'a> {
    likelihood: Likelihood<'a>,
    transform: Transform,
    last: RefCell<Option<Point>>,
    best: RefCell<Option<Point>>,
    evaluations: Cell<u64>,
}

impl Search<'_> {
    /// Descends from one start; gives the log-likelihood reached, `None` where not even the start has one.
    fn descend(
        &self,
        start: &GarchParameters,
        max_iterations: u64,
        progress: &dyn Progress,
    ) -> Result<Option<f64>> {
        let before = self.best.take();
        let run = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
            .with_tolerance_grad(GRADIENT_TOLERANCE)
            .and_then(|solver| solver.with_tolerance_cost(COST_TOLERANCE))
            .and_then(|solver| {
                Executor::new(
                    Objective {
                        search: self,
                        progress,
                    },
                    solver,
                )
                .configure(|state| {
                    state
                        .param(self.transform.to_free(start))
                        .max_iters(max_iterations)
                })
                .timer(false)
                .run()
            });
        if progress.cancelled() {
            return Err(ModelError::Cancelled);
        }
        // A failed line search is judged by the gradient of the best point, not by its message.
        drop(run);
        let reached = self.best.borrow().as_ref().map(|point| point.cost);
        let improved = match (&before, reached) {
            (Some(before), Some(cost)) => cost < before.cost,
            (None, _) => true,
            (Some(_), None) => false,
        };
        if !improved {
            self.best.replace(before);
        }
        Ok(reached.map(|cost| -cost * self.likelihood.len() as f64))
    }

    fn evaluate(&self, free: &[f64], progress: &dyn Progress) -> Result<Point, Error> {
        if let Some(last) = self.last.borrow().as_ref().filter(|last| last.free == free) {
            return Ok(last.clone());
        }
        if progress.cancelled() {
            return Err(ModelError::Cancelled.into());
        }
        self.evaluations.set(self.evaluations.get() + 1);
        let (value, by) = self.likelihood.evaluate(&self.transform.to_parameters(free));
        let count = self.likelihood.len() as f64;
        let gradient: Vec<f64> = self
            .transform
            .gradient(free, &by)
            .iter()
            .map(|value| -value / count)
            .collect();
        let point = Point {
            free: free.to_vec(),
            cost: -value / count,
            gradient,
        };
        if !(point.cost.is_finite() && point.gradient.iter().all(|value| value.is_finite())) {
            let message = "the likelihood is not a finite number here".to_owned();
            return Err(ModelError::NotConverged {
                family: FAMILY,
                message,
            }
            .into());
        }
        if self
            .best
            .borrow()
            .as_ref()
            .is_none_or(|best| point.cost < best.cost)
        {
            self.best.replace(Some(point.clone()));
        }
        self.last.replace(Some(point.clone()));
        Ok(point)
    }

    fn result(&self, starts: Vec<Option<f64>>) -> Result<Estimate> {
        let not_converged = |message: String| ModelError::NotConverged {
            family: FAMILY,
            message,
        };
        let best = self.best.borrow();
        let best = best
            .as_ref()
            .ok_or_else(|| not_converged("no starting point has a finite likelihood".to_owned()))?;
        let gradient = best.steepest();
        if gradient > GRADIENT_LIMIT {
            return Err(not_converged(format!(
                "the gradient is {gradient:e} at the best of {} starts",
                starts.len()
            )));
        }
        let parameters = self.transform.to_parameters(&best.free);
        Ok(Estimate {
            parameters,
            log_likelihood: -best.cost * self.likelihood.len() as f64,
            persistence: parameters.persistence(),
            gradient,
            starts,
            evaluations: self.evaluations.get(),
        })
    }
}

/// What the optimiser sees.
struct Objective<'a, 'b> {
    search: &'a Search<'b>,
    progress: &'a dyn Progress,
}

impl CostFunction for Objective<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, free: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.search.evaluate(free, self.progress)?.cost)
    }
}

impl Gradient for Objective<'_, '_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, free: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.search.evaluate(free, self.progress)?.gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SilentProgress;
    use crate::volatility::garch::Presample;
    use tidemark_testkit::{GarchT, garch_t_returns};

    #[test]
    fn the_gradient_is_the_slope_of_the_objective() {
        let series: Vec<f64> = garch_t_returns(&GarchT::default(), 800, 3)
            .iter()
            .map(|r| 100.0 * r)
            .collect();
        for leverage in [true, false] {
            for distribution in [ErrorDistribution::Normal, ErrorDistribution::StudentT] {
                for presample in [Presample::Backcast, Presample::MeanSquare] {
                    let specification = Specification {
                        leverage,
                        distribution,
                        presample,
                    };
                    let search = Search {
                        likelihood: Likelihood::new(&series, specification),
                        transform: Transform::new(specification, 1.3),
                        last: RefCell::new(None),
                        best: RefCell::new(None),
                        evaluations: Cell::new(0),
                    };
                    let start = starting_point(&STARTS[0], 0.05, 1.3, specification);
                    let free = search.transform.to_free(&start);
                    let cost = |free: &[f64]| search.evaluate(free, &SilentProgress).unwrap().cost;
                    let gradient = search.evaluate(&free, &SilentProgress).unwrap().gradient;
                    for index in 0..free.len() {
                        let moved = |by: f64| {
                            let mut free = free.clone();
                            free[index] += by;
                            cost(&free)
                        };
                        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                        assert!(
                            (slope - gradient[index]).abs() < 1e-8,
                            "{specification:?} {index}: {slope}"
                        );
                    }
                }
            }
        }
    }
}
