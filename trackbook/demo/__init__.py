"""The runs of `trackbook demo`: real models on the data sets that scikit-learn ships."""
