"""Figures, drawn from results that are already there: `plot_x(result) -> Figure`, computing nothing.

One figure, one file:

- `confusion_matrix`, `overlapping_confusion`  which labels are taken for which
- `precision_recall`   what each threshold buys, and the one that was chosen; `precision_recall_by_label` in panels
- `sensitivity_specificity`, `probability_density`, `reliability`  what else there is to say of one checkpoint
- `rates`              precision, recall and F1 of each label
- `learning_curves`    loss and accuracy during training; `train_validation_loss` of all models of a run
- `rates_by_step`, `average_rates`, `precision_versus_recall`, `best_precision_recall`  all models at all checkpoints
- `ethogram`           sound, scores, annotations and predictions over one time axis
- `style`              the house's colours and type: every label keeps its colour in all figures
- `report`, `embedding`  text, tables, figures and sound in one HTML file that needs nothing else
- `evaluation_report`  that of an evaluation, its parts in `report_*`, its sounds from `clips`
- `panels`, `trajectories`  many small panels, and the rates that they show

Only matplotlib's objects are used, never `pyplot`, so nothing is global: figures can be drawn in any thread, and are
freed when they are no longer held. Save one with `figure.savefig("name.pdf")` (or .svg, .png).
"""
