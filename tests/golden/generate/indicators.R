# Goldens of technical indicators: package TTR on the S&P 500 daily file of npm vega-datasets, values at the last bar.
# Usage, from the repository root: Rscript tests/golden/generate/indicators.R
# Needs R with the packages TTR and jsonlite (Debian: r-cran-ttr, r-cran-jsonlite).
suppressPackageStartupMessages({
  library(TTR)
  library(jsonlite)
})

bars <- read.csv("node_modules/vega-datasets/data/sp500-2000.csv")
hlc <- bars[, c("high", "low", "close")]
ohlc <- bars[, c("open", "high", "low", "close")]
last <- function(x, column = NULL) {
  x <- if (is.null(column)) x else x[, column]
  as.numeric(x[length(x)])
}

macd <- MACD(bars$close, nFast = 12, nSlow = 26, nSig = 9, maType = "EMA", percent = FALSE)
bands <- BBands(bars$close, n = 20, sd = 2)
adx <- ADX(hlc, n = 14)
stochastic <- stoch(hlc, nFastK = 14, nFastD = 3, nSlowD = 3)
# calc = "close" of TTR takes the sample deviation of n - 1 returns: n prices.
vol <- function(calc) last(volatility(ohlc, n = 20, calc = calc, N = 252))

values <- list(
  rsi_14 = last(RSI(bars$close, n = 14)),
  macd = last(macd, "macd"),
  macd_signal = last(macd, "signal"),
  atr_14 = last(ATR(hlc, n = 14), "atr"),
  bollinger_lower = last(bands, "dn"),
  bollinger_middle = last(bands, "mavg"),
  bollinger_upper = last(bands, "up"),
  bollinger_percent_b = last(bands, "pctB"),
  adx_plus = last(adx, "DIp"),
  adx_minus = last(adx, "DIn"),
  adx_dx = last(adx, "DX"),
  adx = last(adx, "ADX"),
  ema_20 = last(EMA(bars$close, n = 20)),
  sma_20 = last(SMA(bars$close, n = 20)),
  wma_20 = last(WMA(bars$close, n = 20)),
  cci_20 = last(CCI(hlc, n = 20)),
  stochastic_fast_k = last(stochastic, "fastK"),
  stochastic_fast_d = last(stochastic, "fastD"),
  stochastic_slow_d = last(stochastic, "slowD"),
  obv = last(OBV(bars$close, bars$volume)),
  annual_close_to_close_19_returns = vol("close"),
  annual_parkinson_20 = vol("parkinson"),
  annual_garman_klass_20 = vol("garman.klass"),
  annual_rogers_satchell_20 = vol("rogers.satchell"),
  annual_yang_zhang_20 = vol("yang.zhang")
)

golden <- list(last_bar = list(
  provenance = list(
    tool = "R package TTR",
    version = paste0(packageVersion("TTR"), " on R ", getRversion()),
    precision = "f64, 15 significant digits",
    command = "Rscript tests/golden/generate/indicators.R"
  ),
  values = values
))
writeLines(toJSON(golden, auto_unbox = TRUE, digits = I(17), pretty = 2), "tests/golden/indicators-ttr.json")
