"""Shows why the default model answers as it does: what each word adds to the logit.

Run it in the project's folder: python docs/examples/explain.py
"""

from mtl import explain, load_default

found = explain(load_default(), "The screen is not bad at all.")
for name, task in found.tasks.items():
    attribution = task.of()  # of the most probable label
    print(f"{name}: {attribution.label}")
    for word in attribution.words:
        print(f"  {word.total:+.2f}  {word.text}")
    print(f"  {attribution.rest:+.2f}  (special tokens, scaling and bias)")
    print(f"  {attribution.logit:+.2f}  = logit")
