"""What a person sees: the Streamlit pages. Nothing below may import it."""
