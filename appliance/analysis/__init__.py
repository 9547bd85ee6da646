"""What is done with a question: the algorithms there are, running one, the kinds of analysis."""
