# Records R's interval of a multiplicative season that reaches from 20 to 3000, in low_season.json beside this file.
# The series, kept there, came with a public report: years of a bell-shaped season with errors of 7.4 %.
# Rscript tests/golden/make_low_season.R      (R 4.2.2, forecast 8.20)
suppressMessages(library(forecast))

path <- "tests/golden/low_season.json"
text <- paste(readLines(path), collapse = "")
series <- scan(text = sub(".*\"series\": \\[([^]]*)\\].*", "\\1", text), sep = ",", quiet = TRUE)
found <- forecast(ets(ts(series, frequency = 12), model = "MNM"), h = 24, level = 95)
numbers <- function(name, x) sprintf("\"%s\": [%s]", name, paste(sprintf("%.17g", as.numeric(x)), collapse = ", "))
fields <- c(
  sprintf("\"method\": \"%s\"", found$method), numbers("mean", found$mean), numbers("lower95", found$lower),
  numbers("upper95", found$upper), numbers("series", series)
)
writeLines(paste0("{\n", paste(fields, collapse = ",\n"), "\n}"), path)
