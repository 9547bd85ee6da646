"""The names on the wire, each spelt here and nowhere else."""

from __future__ import annotations

# a request for an analysis
SCHEMA, DATA = "schema", "data"
ALGO, OPTION, PRECISION, NOISE_CHECK, PROTOCOL = "algo", "option", "prec", "wncheck", "protocol"
TIME_COLUMN, VALUE_COLUMN = "ts", "val"  # further columns: val1, val2, ...
PAST_COVARIATE, KNOWN_COVARIATE = "past_dynamic_real", "dynamic_real"  # and a number
FORECAST_ROWS, START, EVERY, CONF, RETURN_CONF = "forecast_rows", "start", "every", "conf", "return_conf"

# its answer
ROWS, MESSAGE, RESULT, MASK, SCORES = "rows", "msg", "res", "mask", "scores"
PERIOD, MSE = "period", "mse"
GAPS = "gaps"  # also an option
DECOMPOSITION, ADDITIVE = "decomposition_type", "additive"  # an option, and a value of it that takes any numbers
FREQ, TARGET, STD_ERROR = "freq", "target", "std_error"  # of imputation, as the next one
EXPECTED, VALUE, LOW, HIGH = "expected", "value", "low", "high"  # of anomalies; the last three for each column
SUCCESS = "success"
PATH, LAGS, AT_LAGS = "path", "lags", "ccf_vals"  # of correlation, as the next three
LAG, P_VALUE, REVERSE = "lag", "p_value", "reverse"

# `/list`, `/models` and `/status`
VERSION, DETAILS, TYPE, NAME, DESC, PARAMS, STATUS = (
    "version",
    "details",
    "type",
    "name",
    "desc",
    "params",
    "status",
)

# options that concern the service rather than an algorithm
TIMEOUT, VALID_CODE, ONLY_LAST, EXPLAIN = "timeout", "valid_code", "only_last", "explain"

# `/deploy` and `/undeploy`
MODEL_NAME, CONFIG, MODEL_BINARY = "model_name", "config", "model_binary"
ERROR = "error"
