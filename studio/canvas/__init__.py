"""The label editor: small ES modules in this folder, joined into one gr.HTML component by `canvas.component`."""
