"""A course that `prophet` learned beforehand: how it learns."""

from __future__ import annotations

from kernels.forecast._prophet_course import Course
from kernels.forecast.prophet import Params, train
from kernels.trained import Learner

LEARNER = Learner(Course, Params, train)
