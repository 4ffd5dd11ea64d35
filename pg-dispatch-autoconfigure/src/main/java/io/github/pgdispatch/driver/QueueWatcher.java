package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.QueueStatus;
import io.github.pgdispatch.gateway.WatchSession;
import io.github.pgdispatch.gateway.JobQueue;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Watches the queue, and wakes the workers when there is something in it of which no
 * commit of this node has told them. Runs on a thread of its own until it is stopped,
 * whatever happens to the database.
 */
final class QueueWatcher implements Runnable {

	private static final Log logger = LogFactory.getLog(QueueWatcher.class);

	/**
	 * How long it hears nothing but the database: what its own node asks of it waits.
	 */
	private static final Duration TICK = Duration.ofMillis(100);

	/**
	 * How soon it tries again to be notified when it could not be.
	 */
	private static final Duration RETRY = Duration.ofMillis(500);

	/**
	 * How many jobs in a tick make workers busy: they come across new ones sooner than
	 * notifications could tell of them, which would slow down those who dispatch.
	 */
	private static final int BUSY = 100;

	private final DataSource dataSource;

	private final JobQueue queue;

	private final Wakeable workers;

	private final Duration pollInterval;

	private final boolean listen;

	private final CountDownLatch stopped = new CountDownLatch(1);

	/**
	 * When to look again, as {@link System#nanoTime()} tells the time; what is asked
	 * while it looks counts for the next time.
	 */
	private final AtomicLong nextLook = new AtomicLong(System.nanoTime());

	private volatile boolean mayMissDispatches = true;

	/**
	 * Creates a watch.
	 * @param dataSource that its session is taken from
	 * @param queue that it watches
	 * @param workers to be woken
	 * @param pollInterval how often it looks without being told to
	 * @param listen whether it asks to be notified
	 */
	QueueWatcher(DataSource dataSource, JobQueue queue, Wakeable workers, Duration pollInterval, boolean listen) {
		this.dataSource = dataSource;
		this.queue = queue;
		this.workers = workers;
		this.pollInterval = pollInterval;
		this.listen = listen;
	}

	/**
	 * Has it look at the queue after the given time, unless it does so before.
	 * @param delay the time
	 */
	void scheduleLook(Duration delay) {
		long time = System.nanoTime() + delay.toNanos();
		this.nextLook.accumulateAndGet(time, (one, other) -> (one - other < 0) ? one : other);
	}

	/**
	 * Whether it may not be notified of dispatches from SQL at present, such as those of
	 * triggers.
	 * @return whether that is so
	 */
	boolean mayMissDispatches() {
		return this.mayMissDispatches;
	}

	void stop() {
		this.stopped.countDown();
	}

	@Override
	public void run() {
		boolean lost = false;
		BackOffExecution reconnects = reconnects();
		while (!isStopped()) {
			try (WatchSession session = WatchSession.open(this.dataSource, this.queue, this.listen)) {
				look(session);
				if (lost) {
					logger.info("The database is back");
					lost = false;
				}
				reconnects = reconnects();
				while (await(session)) {
					look(session);
				}
			}
			catch (SQLException | RuntimeException ex) {
				if (!lost && !isStopped()) {
					logger.warn("Lost the database; jobs wait until it is back: " + ex);
					logger.debug("The cause:", ex);
					lost = true;
				}
				pause(reconnects.nextBackOff());
			}
		}
	}

	private BackOffExecution reconnects() {
		ExponentialBackOff reconnects = new ExponentialBackOff(TICK.toMillis(), 2);
		reconnects.setMaxInterval(this.pollInterval.toMillis());
		return reconnects.start();
	}

	private void look(WatchSession session) throws SQLException {
		this.nextLook.set(System.nanoTime() + this.pollInterval.toNanos());
		QueueStatus outlook = session.watch();
		if (outlook.due() > 0) {
			this.workers.wake(outlook.due());
		}
		if (outlook.nextDueIn() != null) {
			scheduleLook(outlook.nextDueIn());
		}
		this.mayMissDispatches = !outlook.lastWord();
		if (this.mayMissDispatches) {
			scheduleLook(RETRY);
		}
	}

	/**
	 * Waits until it is time to look again.
	 * @param session that is notified
	 * @return {@code true}, or {@code false} if there will be no next time
	 * @throws SQLException if the session is lost
	 */
	private boolean await(WatchSession session) throws SQLException {
		long completed = this.workers.completed();
		long left;
		while (!isStopped() && (left = this.nextLook.get() - System.nanoTime()) > 0) {
			long millis = Math.min(TICK.toMillis(), TimeUnit.NANOSECONDS.toMillis(left) + 1);
			if (session.await(Duration.ofMillis(millis))) {
				return true;
			}
			boolean busy = this.workers.completed() - completed >= BUSY;
			completed = this.workers.completed();
			if (busy) {
				session.stir();
			}
			else if (session.isStirred()) {
				return true;
			}
		}
		return !isStopped();
	}

	private boolean isStopped() {
		return this.stopped.getCount() == 0;
	}

	private void pause(long millis) {
		try {
			this.stopped.await(millis, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			stop();
		}
	}

}
