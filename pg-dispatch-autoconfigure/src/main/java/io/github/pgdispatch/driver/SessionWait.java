package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.function.Consumer;

import io.github.pgdispatch.gateway.WorkerSession;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * The wait of a thread for the answer of a session.
 */
final class SessionWait implements AutoCloseable {

	private static final OneLineLog logger = OneLineLog.of(SessionWait.class);

	/**
	 * Number of checks in a row that must find the answer lost, as it may be on its way
	 * during one.
	 */
	private static final int CHECKS = 2;

	private final WorkerSession session;

	private final Consumer<SessionWait> whenEnded;

	private final long since = System.nanoTime();

	private boolean known;

	private int lost;

	private boolean ended;

	SessionWait(WorkerSession session, Consumer<SessionWait> whenEnded) {
		this.session = session;
		this.whenEnded = whenEnded;
	}

	boolean isLongerThan(Duration time) {
		return System.nanoTime() - this.since > time.toNanos();
	}

	int pid() {
		return this.session.pid();
	}

	/**
	 * Takes the result of a check. Behind a connection pooler, the server does not know
	 * the session by its process id, and nothing can be said.
	 * @param idle whether the session waits for its client; {@code null} if the server
	 * does not have the session
	 */
	synchronized void checked(@Nullable Boolean idle) {
		this.known |= Boolean.FALSE.equals(idle);
		this.lost = Boolean.FALSE.equals(idle) ? 0 : this.lost + 1;
		if (this.lost >= CHECKS && (idle != null || this.known) && !this.ended) {
			logger.warn("The server has ended or answered session " + pid() + ", but a worker has still been waiting"
					+ " for it for " + Duration.ofNanos(System.nanoTime() - this.since).toSeconds()
					+ " seconds. Its connection is dead and is closed");
			this.session.discard();
		}
	}

	@Override
	public void close() {
		synchronized (this) {
			this.ended = true;
		}
		this.whenEnded.accept(this);
	}

}
