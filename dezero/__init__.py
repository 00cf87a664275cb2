is_simple_core = False
