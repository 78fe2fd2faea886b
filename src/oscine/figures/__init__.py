"""Figures, drawn from results that are already there: `plot_x(result) -> Figure`, computing nothing.

One figure, one file:

- `confusion_matrix`   which labels are taken for which
- `precision_recall`   what each threshold buys, and the one that was chosen
- `rates`              precision, recall and F1 of each label
- `learning_curves`    loss and accuracy during training
- `ethogram`           sound, scores, annotations and predictions over one time axis
- `style`              the house's colours and type: every label keeps its colour in all figures
- `report`, `embedding`  text, tables, figures and sound in one HTML file that needs nothing else

Only matplotlib's objects are used, never `pyplot`, so nothing is global: figures can be drawn in any thread, and are
freed when they are no longer held. Save one with `figure.savefig("name.pdf")` (or .svg, .png).
"""
