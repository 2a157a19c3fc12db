"""The ten lines that Highwater needs: one row a configuration."""

import json
import sys
import time
from itertools import product

import pandas as pd
from strategy import backtest, load

with open(sys.argv[1] + "/results.jsonl", "w") as file:
    for n, m in product([10, 50], [100, 200]):
        started, done = time.perf_counter(), backtest(load(), n, m)
        daily = pd.Series(done.returns.get_analysis())
        parts = {"is": daily[daily.index.year < 2012], "oos": daily[daily.index.year >= 2012]}
        row = {"id": f"{n}-{m}", "params": {"fast": n, "slow": m}, "seed": 0, "status": "ok"}
        row["metrics"] = {k: {"sharpe": r.mean() / r.std() * 252**0.5} for k, r in parts.items()}
        row["returns"] = [[str(day.date()), value] for day, value in parts["oos"].items()]
        row["trades"] = [[str(day), fills] for day, fills in done.trades.get_analysis().items()]
        file.write(json.dumps({**row, "elapsed_s": time.perf_counter() - started}) + "\n")
