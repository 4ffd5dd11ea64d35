package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgdispatch.gateway.QueueWatchSession;
import io.github.pgdispatch.gateway.WorkerSession;

/**
 * Finds sessions whose connection is dead though neither side was told, as happens behind
 * a firewall. A worker may wait for hours for a job to end, so that no timeout helps.
 * Instead, another session asks the server whether the session still runs the job. If it
 * does not, its answer is lost, and its connection is closed. Thread-safe.
 */
final class FrozenSessions {

	private static final Duration INTERVAL = Duration.ofSeconds(5);

	private final Set<SessionWait> waits = ConcurrentHashMap.newKeySet();

	private volatile long nextCheck = System.nanoTime();

	/**
	 * Has a session checked from time to time until the wait is closed.
	 * @param session for whose answer the current thread waits
	 */
	SessionWait wait(WorkerSession session) {
		SessionWait wait = new SessionWait(session, this.waits::remove);
		this.waits.add(wait);
		return wait;
	}

	/**
	 * Checks the sessions for which threads have been waiting for a while, unless that
	 * was just done.
	 * @param session to ask in
	 */
	void check(QueueWatchSession session) throws SQLException {
		if (this.waits.isEmpty() || System.nanoTime() - this.nextCheck < 0) {
			return;
		}
		this.nextCheck = System.nanoTime() + INTERVAL.toNanos();
		List<SessionWait> waiting = this.waits.stream().filter((wait) -> wait.isLongerThan(INTERVAL)).toList();
		if (!waiting.isEmpty()) {
			Map<Integer, Boolean> idle = session.idleSessions(waiting.stream().map(SessionWait::pid).toList());
			waiting.forEach((wait) -> wait.checked(idle.get(wait.pid())));
		}
	}

}
