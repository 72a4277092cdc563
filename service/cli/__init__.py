"""What the command line's verbs share: exit codes, rendering, and the work behind each verb."""
