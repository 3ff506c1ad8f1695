"""Where Django writes numbers or dates differently from what people use; see FORMAT_MODULE_PATH."""
