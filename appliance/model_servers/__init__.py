"""The foundation models: their servers, and the forecasters that ask them."""
