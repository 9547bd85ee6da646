# Makes arima.json: what R's forecast package says of the Nile and of simulated series.
# Rscript tests/golden/make_arima.R > tests/golden/arima.json      (R 4.2.2, forecast 8.20)
suppressMessages(library(forecast))

set.seed(1)
n <- 120
level <- cumsum(rnorm(n, 0.2, 1))
simulated <- list(
  nile = Nile,
  monthly = ts(round(50 + level + 8 * sin(2 * pi * (1:n) / 12) + 3 * cos(4 * pi * (1:n) / 12), 3), frequency = 12),
  quarterly = ts(round(as.numeric(arima.sim(list(ar = c(0.5, 0.2), ma = 0.4), 96)) + rep(c(0, 3, -1, -2), 24), 3),
                 frequency = 4)
)
orders <- list(
  list(c(0, 1, 1), c(0, 0, 0)), list(c(1, 1, 1), c(0, 0, 0)), list(c(2, 0, 0), c(0, 0, 0)), list(c(1, 0, 2), c(0, 0, 0)),
  list(c(0, 1, 1), c(0, 1, 1)), list(c(1, 0, 0), c(1, 1, 0)), list(c(1, 0, 1), c(1, 0, 1))
)
described <- function(fit) {
  ahead <- forecast(fit, h = 8, level = 95)
  list(order = fit$arma[c(1, 6, 2)], seasonal = fit$arma[c(3, 7, 4)], coef = as.list(coef(fit)), sigma2 = fit$sigma2,
       loglik = fit$loglik, aicc = fit$aicc, mean = as.numeric(ahead$mean), low = as.numeric(ahead$lower),
       high = as.numeric(ahead$upper))
}
out <- lapply(simulated, function(y) {
  m <- frequency(y)
  fits <- Filter(function(o) m > 1 || sum(o[[2]]) == 0, orders)
  list(period = m, series = as.numeric(y),
       fixed = lapply(fits, function(o) described(Arima(y, order = o[[1]], seasonal = o[[2]], method = "ML"))),
       automatic = described(auto.arima(y, approximation = FALSE)))
})
json <- function(x) {
  if (is.list(x)) {
    items <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(items, collapse = ","), "]"))
    return(paste0("{", paste0('"', names(x), '":', items, collapse = ","), "}"))
  }
  numbers <- format(x, digits = 10, trim = TRUE, drop0trailing = TRUE)
  if (length(x) == 1) numbers else paste0("[", paste(numbers, collapse = ","), "]")
}
cat(json(out), "\n")
