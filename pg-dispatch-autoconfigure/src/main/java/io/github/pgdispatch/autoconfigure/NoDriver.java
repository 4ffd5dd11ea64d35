package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.DispatchListener;

/**
 * Of a node that does not run jobs: others are notified of its dispatches.
 */
final class NoDriver implements DispatchListener {

	@Override
	public boolean isListening() {
		return false;
	}

	@Override
	public void committed(int fired, int snoozed) {
	}

}
