package io.github.pgdispatch;

/**
 * The listener of a template that has none. Other nodes are notified of its dispatches
 * through the database.
 */
final class NoListener implements DispatchListener {

	@Override
	public boolean isListening() {
		return false;
	}

	@Override
	public void committed(int fired, int snoozed) {
	}

}
