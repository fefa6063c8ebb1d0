def text(*a, **k):
    return ""
