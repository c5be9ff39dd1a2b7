"""Minutes of trouble, and what is true afterwards: `make chaos SEED=7 MINUTES=5`.

A seed decides who writes what, when and how often it is delivered, and what goes wrong meanwhile (`plan`). That happens to real
processes and a real database beside the emulator (`stage`, `running`); what came of it is written down (`record`) and compared
with what interface section 4 promises (`promises`). A seed gives the same plan each time, though not the same run: how far a
process is when it is killed is a matter of luck.
"""
