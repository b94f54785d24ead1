"""Analysis in a helper process: questions, answers, and the client that asks them."""
