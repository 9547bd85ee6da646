from __future__ import annotations

import numpy as np

from kernels.forecast import prophet
from kernels.forecast._prophet_course import Course
from kernels.forecast._prophet_trained import LEARNER
from tests.kernels.forecast.trained import ask


def test_prophet_learns_a_course_with_its_own_options() -> None:
    task = ask(np.arange(20.0))
    model = LEARNER.train(task, LEARNER.params(growth="flat"))
    assert isinstance(model, Course)
    assert (LEARNER.made, LEARNER.params) == (Course, prophet.Params)
    assert model.told == "flat trend with 0 changepoints; seasons: none"
