"""What the steps of applications add up to. Every figure comes from StageTransition, over jobs that the user sees."""
