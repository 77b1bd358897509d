"""Speed and memory of the whole way, measured; `python -m benchmarks --help`."""
