"""The contract, pure: one file per stage of the agreement pipeline, `evaluate` as the one entry.

    measure → qualify → exclude → combine scope → clip to period → formula → gate → schedule → base → limits
    → rounding → claim

Rules are values that compute and read themselves aloud. Ratios and money are `Fraction` until the limit
that rounds; nothing here does I/O, asks the time, or knows a vendor.
"""
