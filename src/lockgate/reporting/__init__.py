"""What people look at: pictures, the model report, the model card, and the data of DVC's plots."""
