"""The ten lines that Highwater needs: one row a configuration."""

import json
import sys
import time
from itertools import product

from strategy import backtest, load

with open(sys.argv[1] + "/results.jsonl", "w") as file:
    for n, m in product([10, 20, 50], [100, 200]):
        started, done = time.perf_counter(), backtest(load(), n, m)
        daily = done["_equity_curve"]["Equity"].pct_change().dropna()
        parts = {"is": daily[:"2011"], "oos": daily["2012":]}
        row = {"id": f"{n}-{m}", "params": {"fast": n, "slow": m}, "seed": 0, "status": "ok"}
        row["metrics"] = {k: {"sharpe": r.mean() / r.std() * 252**0.5} for k, r in parts.items()}
        row["returns"] = [[str(day.date()), value] for day, value in parts["oos"].items()]
        row["trades"] = done["_trades"].iloc[:, :5].to_numpy().tolist()
        file.write(json.dumps({**row, "elapsed_s": time.perf_counter() - started}) + "\n")
