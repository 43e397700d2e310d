"""Users, teams, keys and budgets through the admin API of LiteLLM."""
