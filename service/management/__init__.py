"""Django finds the verbs in here."""
