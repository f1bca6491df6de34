"""The label editor: ES modules, the messages between page and server, and the component that brings them into Gradio."""
