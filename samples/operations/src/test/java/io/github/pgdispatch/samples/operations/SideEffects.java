package io.github.pgdispatch.samples.operations;

import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.AfterCommitDispatch;

/**
 * Methods that do what methods in production do: work, fail, and take long.
 */
class SideEffects {

	private final CompletableFuture<Void> end = new CompletableFuture<>();

	@AfterCommitDispatch
	void succeed() {
	}

	@AfterCommitDispatch(maxAttempts = 1)
	void fail() {
		throw new IllegalStateException("no");
	}

	@AfterCommitDispatch(maxAttempts = 2)
	void failTwice() {
		throw new IllegalStateException("not yet");
	}

	@AfterCommitDispatch(queue = "mail")
	void mail() {
	}

	@AfterCommitDispatch
	void takeLong() {
		this.end.join();
	}

	/**
	 * Ends what takes long.
	 */
	void end() {
		this.end.complete(null);
	}

}
