"""Managing analysis nodes in SQL: statements, a registry of nodes, a console, and both ends of taosAdapter's REST."""
