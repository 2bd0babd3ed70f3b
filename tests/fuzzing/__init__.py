"""Gives mutated inputs of all kinds to the real verbs and checks what each answer must hold."""
