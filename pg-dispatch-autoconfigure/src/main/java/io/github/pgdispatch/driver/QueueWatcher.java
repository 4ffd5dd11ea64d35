package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.Durations;
import io.github.pgdispatch.gateway.JobQueue;
import io.github.pgdispatch.gateway.QueueStatus;
import io.github.pgdispatch.gateway.QueueWatchSession;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Watches the queue and wakes the workers when there are jobs that no commit of this node
 * has announced. Runs on a thread of its own until it is stopped, whatever happens to the
 * database.
 *
 * <p>
 * A watcher that sleeps gives its session up when there has been nothing to do for a
 * while. Before that, it looks once more. It wakes up for a commit of its node, for what
 * its workers do, and when it is time for the next look: when a job becomes due, and
 * after a poll interval if there is one.
 *
 * <p>
 * Of the watchers of all nodes, one rests, and is woken for dispatches from elsewhere. If
 * its node cannot take all that is due, it has the others look, and one of them rests
 * instead. The others look some time later in any case, because the one that was woken
 * may be dead or frozen.
 */
final class QueueWatcher implements Runnable {

	private static final OneLineLog logger = OneLineLog.of(QueueWatcher.class);

	/**
	 * Maximum time that the watcher waits for a notification before it checks what its
	 * own node asks for.
	 */
	private static final Duration TICK = Duration.ofMillis(100);

	/**
	 * Delay before the next look while dispatches from SQL may notify nobody.
	 */
	private static final Duration RETRY_TO_REST = Duration.ofMillis(500);

	/**
	 * Maximum delay before the next look after another watcher was notified. A shorter
	 * poll interval is enough.
	 */
	private static final Duration LOOK_AFTER_ANOTHER = Duration.ofSeconds(5);

	/**
	 * Number of jobs completed in a tick from which on workers are busy. Busy workers
	 * find new jobs sooner than notifications could announce them, and notifications
	 * would slow down those who dispatch.
	 */
	private static final int BUSY = 100;

	/**
	 * Time without anything to do after which a watcher falls asleep. It would have to
	 * open a session for each of several jobs in a row otherwise.
	 */
	private static final Duration SLEEP_AFTER = Duration.ofSeconds(1);

	private final DataSource dataSource;

	private final JobQueue queue;

	private final Wakeable workers;

	private final Duration pollInterval;

	private final boolean listen;

	private final @Nullable Sleep sleep;

	private final FrozenSessions sessions;

	private final DriverReports reports;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private final DatabaseOutage outage;

	/**
	 * The next look. One that is scheduled during a look comes after it.
	 */
	private volatile Look nextLook = new Look(System.nanoTime(), WakeUpSource.POLL);

	private volatile boolean mayMissDispatches = true;

	private volatile boolean full;

	private volatile boolean draining;

	private volatile boolean connected;

	private volatile boolean asleep;

	/**
	 * When there was last something to do. Used by the thread of the watcher.
	 */
	private long busyAt = System.nanoTime();

	/**
	 * From when on the watcher may rest. Used by its thread.
	 */
	private long restFrom = System.nanoTime();

	/**
	 * Creates a watcher.
	 * @param dataSource that provides the connection
	 * @param queue to watch
	 * @param workers to wake
	 * @param pollInterval the longest time between two looks
	 * @param listen whether the database is asked to notify the watcher
	 * @param sleep how the watcher sleeps, or {@code null} if it stays awake
	 * @param sessions of the workers, which the watcher checks
	 * @param reports of the driver
	 */
	QueueWatcher(DataSource dataSource, JobQueue queue, Wakeable workers, Duration pollInterval, boolean listen,
			@Nullable Sleep sleep, FrozenSessions sessions, DriverReports reports) {
		this.dataSource = dataSource;
		this.queue = queue;
		this.workers = workers;
		this.pollInterval = pollInterval;
		this.listen = listen;
		this.sleep = sleep;
		this.sessions = sessions;
		this.reports = reports;
		this.outage = new DatabaseOutage(logger, "Jobs wait meanwhile", reconnectBackOff(pollInterval), reports);
	}

	private static ExponentialBackOff reconnectBackOff(Duration pollInterval) {
		ExponentialBackOff backOff = new ExponentialBackOff(TICK.toMillis(), 2);
		backOff.setMaxInterval(pollInterval.toMillis());
		return backOff;
	}

	/**
	 * Schedules a look at the queue, unless one is scheduled before that.
	 * @param delay the time until the look
	 * @param source what the look will be due to
	 */
	synchronized void scheduleLook(Duration delay, WakeUpSource source) {
		Look look = new Look(System.nanoTime() + Durations.capped(delay).toNanos(), source);
		if (look.time() - this.nextLook.time() < 0) {
			this.nextLook = look;
		}
	}

	private void schedulePoll() {
		reschedule(this.pollInterval);
	}

	private synchronized void reschedule(Duration delay) {
		this.nextLook = new Look(System.nanoTime() + Durations.capped(delay).toNanos(), WakeUpSource.POLL);
	}

	/**
	 * Has the watcher look at the queue if it is asleep, because this node has
	 * dispatched. It finds out then when what fails is to be run again.
	 */
	void awake() {
		if (this.asleep) {
			scheduleLook(Duration.ZERO, WakeUpSource.COMMIT);
		}
	}

	/**
	 * Has another watcher rest instead, because the workers can take no more of some
	 * jobs. Its node is notified of the next ones.
	 */
	void passRestOn() {
		this.full = true;
	}

	/**
	 * Returns whether dispatches from SQL, such as those of triggers, may notify nobody
	 * at present.
	 * @return whether they may notify nobody
	 */
	boolean mayMissDispatches() {
		return this.mayMissDispatches;
	}

	void stop() {
		this.stopped.countDown();
	}

	/**
	 * Has the watcher give up its session, so that the database does not count on this
	 * node, until {@link #resume()}.
	 */
	void drain() {
		this.draining = true;
	}

	void resume() {
		this.draining = false;
		// The watcher may still have its session, and has woken nobody meanwhile.
		scheduleLook(Duration.ZERO, WakeUpSource.POLL);
	}

	@Override
	public void run() {
		WakeUpSource wakeUp = WakeUpSource.POLL;
		while (!isStopped()) {
			if (this.draining) {
				pause(TICK);
				continue;
			}
			try (QueueWatchSession session = QueueWatchSession.open(this.dataSource, this.queue, this.listen)) {
				look(session, wakeUp);
				this.outage.ended();
				this.connected = true;
				this.busyAt = System.nanoTime();
				WakeUpSource source;
				while ((source = await(session)) != null) {
					look(session, source);
				}
			}
			catch (SQLException | RuntimeException | Error ex) {
				this.connected = false;
				this.asleep = false;
				pause(isStopped() ? Duration.ZERO : this.outage.noticed(ex));
			}
			this.connected = false;
			wakeUp = sleep();
		}
	}

	/**
	 * Returns whether the watcher needs no session, because there is nothing to do.
	 */
	boolean isAsleep() {
		return this.asleep && !this.connected;
	}

	/**
	 * Returns whether there is a session that watches the queue.
	 */
	boolean isConnected() {
		return this.connected;
	}

	/**
	 * Returns whether the database notifies that session.
	 */
	boolean isListening() {
		return this.connected && this.listen;
	}

	private void look(QueueWatchSession session, WakeUpSource source) throws SQLException {
		schedulePoll();
		boolean rested = session.isResting();
		QueueStatus status = session.look(System.nanoTime() - this.restFrom >= 0);
		found(status, source);
		this.mayMissDispatches = status.mayMissDispatches();
		if (this.mayMissDispatches) {
			scheduleLook(RETRY_TO_REST, WakeUpSource.POLL);
		}
		if (rested && status.hasMore()) {
			passRestOn(session);
		}
	}

	/**
	 * Has another watcher rest instead, if this one rests. It tries to rest again a tick
	 * later, in case no other one does.
	 */
	private void passRestOn(QueueWatchSession session) throws SQLException {
		if (session.isResting()) {
			session.passRestOn();
			this.mayMissDispatches = true;
			this.restFrom = System.nanoTime() + TICK.toNanos();
			scheduleLook(TICK, WakeUpSource.POLL);
		}
	}

	private void found(QueueStatus status, WakeUpSource source) {
		if (status.due() > 0) {
			this.reports.wokenUp(source);
			this.workers.wake(status.due());
		}
		if (status.nextDueIn() != null) {
			scheduleLook(status.nextDueIn(), WakeUpSource.DUE);
		}
	}

	/**
	 * Falls asleep if the last look finds nothing to do. Whatever this node dispatches
	 * meanwhile schedules a look, which comes after this one.
	 * @param session to look in
	 * @param sleep how to sleep
	 * @return whether the watcher is asleep, and is to leave the session
	 */
	private boolean fallsAsleep(QueueWatchSession session, Sleep sleep) throws SQLException {
		this.busyAt = System.nanoTime();
		this.asleep = true;
		this.mayMissDispatches = true;
		reschedule((sleep.pollInterval() != null) ? sleep.pollInterval() : Durations.MAX);
		QueueStatus status = session.lookLast();
		found(status, WakeUpSource.POLL);
		this.asleep = status.due() == 0 && this.workers.isIdle()
				&& this.nextLook.time() - System.nanoTime() > SLEEP_AFTER.toNanos();
		if (!this.asleep) {
			scheduleLook(RETRY_TO_REST, WakeUpSource.POLL);
		}
		return this.asleep;
	}

	/**
	 * Waits without a session for as long as the watcher is asleep.
	 * @return what has woken it
	 */
	private WakeUpSource sleep() {
		WakeUpSource source = WakeUpSource.POLL;
		while (this.asleep && !isStopped() && !this.draining) {
			Look next = this.nextLook;
			if (next.time() - System.nanoTime() <= 0) {
				source = next.source();
				break;
			}
			if (!this.workers.isIdle()) {
				break;
			}
			pause(TICK);
		}
		this.asleep = false;
		return source;
	}

	private boolean hasBeenIdle() {
		if (!this.workers.isIdle()) {
			this.busyAt = System.nanoTime();
		}
		return System.nanoTime() - this.busyAt > SLEEP_AFTER.toNanos();
	}

	/**
	 * Waits until it is time for the next look.
	 * @param session that is notified
	 * @return what the look is due to, or {@code null} if the watcher is to leave the
	 * session
	 * @throws SQLException if the session is lost
	 */
	private @Nullable WakeUpSource await(QueueWatchSession session) throws SQLException {
		long completed = this.workers.completed();
		while (!isStopped() && !this.draining) {
			if (this.sleep != null && hasBeenIdle() && fallsAsleep(session, this.sleep)) {
				return null;
			}
			Look next = this.nextLook;
			long left = next.time() - System.nanoTime();
			if (left <= 0) {
				return next.source();
			}
			this.sessions.check(session);
			if (this.full) {
				this.full = false;
				passRestOn(session);
			}
			long millis = Math.min(TICK.toMillis(), TimeUnit.NANOSECONDS.toMillis(left) + 1);
			switch (session.await(Duration.ofMillis(millis))) {
				case THIS -> {
					return WakeUpSource.NOTIFY;
				}
				case ANOTHER -> {
					scheduleLook(LOOK_AFTER_ANOTHER, WakeUpSource.NOTIFY);
					continue;
				}
				case NONE -> {
					// It is time to check what the node asks for.
				}
			}
			boolean busy = this.workers.completed() - completed >= BUSY;
			completed = this.workers.completed();
			if (busy) {
				session.endRest();
			}
			else if (session.isRestEnded()) {
				return WakeUpSource.POLL;
			}
		}
		return null;
	}

	private boolean isStopped() {
		return this.stopped.getCount() == 0;
	}

	private void pause(Duration duration) {
		try {
			this.stopped.await(duration.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			stop();
		}
	}

	/**
	 * A look that is scheduled.
	 *
	 * @param time of the look, in terms of {@link System#nanoTime()}
	 * @param source what it is due to
	 */
	private record Look(long time, WakeUpSource source) {

	}

}
