# Regressions with ARIMA errors by R's forecast: Rscript make_arima_regression.R > arima_regression.json
suppressMessages(library(forecast))
numbers <- function(x) paste0("[", paste(sprintf("%.12g", x), collapse = ", "), "]")
cases <- c()
add <- function(name, y, x, later, period, order = NULL, seasonal = c(0, 0, 0)) {
  y <- ts(y, frequency = period)
  x <- as.matrix(x); later <- as.matrix(later)
  fit <- if (is.null(order)) auto.arima(y, xreg = x, approximation = FALSE) else
    Arima(y, order = order, seasonal = seasonal, xreg = x, include.mean = order[2] + seasonal[2] == 0)
  ahead <- forecast(fit, xreg = later, level = 95)
  cases <<- c(cases, sprintf(paste0('"%s": {"period": %d, "automatic": %s, "order": %s, "loglik": %.10g, ',
    '"aicc": %.10g, "covariates": %s, "mean": %s, "low": %s, "high": %s, "series": %s, "known": [%s]}'),
    name, period, tolower(is.null(order)), numbers(arimaorder(fit)), fit$loglik, fit$aicc,
    numbers(tail(coef(fit), ncol(x))), numbers(ahead$mean), numbers(ahead$lower), numbers(ahead$upper), numbers(y),
    paste(apply(rbind(x, later), 2, numbers), collapse = ", ")))
}
belts <- as.data.frame(Seatbelts)
x <- cbind(belts$kms / 1000, belts$PetrolPrice, belts$law)
add("seatbelts", log(belts$drivers)[1:184], x[1:184, ], x[185:192, ], 12, c(1, 0, 1), c(0, 1, 1))
level <- as.numeric(LakeHuron); year <- 1875:1972 - 1920
add("huron", level[1:90], year[1:90], year[91:98], 1, c(2, 0, 0))
add("huron searched", level[1:90], year[1:90], year[91:98], 1)
sales <- as.numeric(BJsales)[5:150]; lead <- as.numeric(BJsales.lead)
x <- cbind(lead[2:147], lead[1:146])
add("sales", sales[1:138], x[1:138, ], x[139:146, ], 1, c(1, 1, 1))
add("sales searched", sales[1:138], x[1:138, ], x[139:146, ], 1)
air <- airquality[complete.cases(airquality), ]; n <- nrow(air)
x <- cbind(air$Temp, air$Wind, air$Solar.R)
add("ozone searched", log(air$Ozone)[1:(n - 8)], x[1:(n - 8), ], x[(n - 7):n, ], 1)
cat("{\n", paste(cases, collapse = ",\n"), "\n}\n", sep = "")
