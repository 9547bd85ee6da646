"""Steps of the calendar: months, business days, local days across a change of clocks."""
