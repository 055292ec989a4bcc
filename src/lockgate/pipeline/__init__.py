"""One module for each stage of dvc.yaml, of the same name: it reads its deps, writes its outs."""
