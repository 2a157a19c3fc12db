"""The ten lines that Highwater needs: one row a configuration."""

import json
import sys
import time
from itertools import product

from strategy import backtest, load

bars, columns = load(), ["entry_idx", "entry_price", "exit_idx", "exit_price", "size", "pnl"]
with open(sys.argv[1] + "/results.jsonl", "w") as file:
    for n, m in product([10, 20, 50], [100, 200]):
        started, done = time.perf_counter(), backtest(bars, n, m)
        parts = {"is": done.returns()[:"2011"], "oos": done.returns()["2012":]}
        row = {"id": f"{n}-{m}", "params": {"fast": n, "slow": m}, "seed": 0, "status": "ok"}
        row["metrics"] = {k: {"sharpe": r.mean() / r.std() * 252**0.5} for k, r in parts.items()}
        row["returns"] = [[str(day.date()), value] for day, value in parts["oos"].items()]
        row["trades"] = done.trades.records[columns].to_numpy().tolist()
        file.write(json.dumps({**row, "elapsed_s": time.perf_counter() - started}) + "\n")
