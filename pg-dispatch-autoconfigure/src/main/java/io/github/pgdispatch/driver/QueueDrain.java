package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.CommandOutcome;
import io.github.pgdispatch.gateway.Progress;
import io.github.pgdispatch.gateway.WorkerSession;
import io.github.pgdispatch.log.OneLineLog;
import org.postgresql.util.PSQLState;

import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Drains the queue: a worker looks at it again and again in one session, and has the
 * database run the jobs, until none is due. Shared by all workers of a pool, and
 * thread-safe.
 */
final class QueueDrain implements Runnable {

	private static final OneLineLog logger = OneLineLog.of(QueueDrain.class);

	/**
	 * Duration of a look: long compared to a round trip, and short compared to a shutdown
	 * that waits for its end.
	 */
	private static final Duration SLICE = Duration.ofMillis(20);

	/**
	 * Duration of a look beside a drain: a chunk.
	 */
	private static final Duration SHORT_SLICE = Duration.ofMillis(1);

	/**
	 * The longest time for which a drain goes on from its last position, before it starts
	 * with the oldest job again. That costs it the dead rows of what has run, if somebody
	 * holds an old snapshot.
	 */
	private static final Duration FROM_START_AFTER = Duration.ofSeconds(1);

	private final DataSource dataSource;

	private final ScheduledExecutorService canceller;

	private final Consumer<Duration> scheduleLook;

	private final WorkerPool pool;

	private final FrozenSessions sessions;

	private final DriverReports reports;

	private final FailureLog failures;

	private final AtomicBoolean sessionLost = new AtomicBoolean();

	private final AtomicLong completed = new AtomicLong();

	private final ReconnectBackOff reconnectBackOff = new ReconnectBackOff(new ExponentialBackOff(100, 2));

	QueueDrain(DataSource dataSource, ScheduledExecutorService canceller, Consumer<Duration> scheduleLook,
			WorkerPool pool, FrozenSessions sessions, DriverReports reports) {
		this.dataSource = dataSource;
		this.canceller = canceller;
		this.scheduleLook = scheduleLook;
		this.pool = pool;
		this.sessions = sessions;
		this.reports = reports;
		this.failures = new FailureLog(reports);
	}

	/**
	 * Returns the number of jobs that all workers have completed so far.
	 */
	long completed() {
		return this.completed.get();
	}

	@Override
	public void run() {
		Progress progress = this.sessionLost.getAndSet(false) ? Progress.beginInIsolation()
				: Progress.begin(this.pool.quickJobs());
		long announced = this.pool.lookBegins(progress.inChunks());
		try (WorkerSession session = WorkerSession.open(this.dataSource, this.canceller)) {
			drain(session, progress);
		}
		catch (SQLException | RuntimeException | Error ex) {
			logger.warn("A worker could not open a session to run jobs in: " + Causes.describe(ex));
			logger.debug("The cause:", ex);
			this.pool.drainEnded(announced, 0);
			retryLater();
		}
	}

	private void drain(WorkerSession session, Progress progress) {
		long announced = 0;
		long quickJobs = 0;
		try {
			long lastFromStart = System.nanoTime();
			do {
				if (System.nanoTime() - lastFromStart > FROM_START_AFTER.toNanos()) {
					progress = progress.atStart();
				}
				boolean fromStart = progress.isAtStart();
				boolean inChunks = progress.inChunks();
				announced = this.pool.lookBegins(inChunks);
				if (fromStart) {
					lastFromStart = System.nanoTime();
				}
				long begin = System.nanoTime();
				progress = look(session, progress, SLICE);
				if (fromStart) {
					this.pool.lookFromStartEnded(announced, 0);
				}
				quickJobs = (progress.failed() == 0) ? quickJobs + progress.completed() : 0;
				ended(session, progress, begin);
				this.pool.lookEnded(announced, progress.completed(), inChunks);
				this.reconnectBackOff.reset();
				if (!progress.drained() && !progress.inChunks()) {
					// The next job may be slow. The jobs behind it may have been locked
					// for a chunk that was undone while other workers looked.
					quickJobs = 0;
					this.pool.wake(1);
				}
			}
			while (!progress.drained() && !progress.nonTransactional() && !this.pool.isHeld());
			if (progress.nonTransactional() && !this.pool.isHeld()) {
				workNonTransactionally(session);
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			session.discard();
			quickJobs = 0;
			reportLost(ex);
			retryLater();
		}
		finally {
			this.pool.drainEnded(announced, quickJobs);
		}
	}

	private Progress look(WorkerSession session, Progress progress, Duration slice) throws SQLException {
		try (SessionWait wait = this.sessions.wait(session)) {
			return session.work(slice, progress, () -> this.scheduleLook.accept(Duration.ZERO));
		}
		finally {
			this.failures.retries(session);
			session.breakers().forEach(this.reports::breaker);
		}
	}

	/**
	 * Counts, reports and logs the jobs that a look has run.
	 */
	private void ended(WorkerSession session, Progress progress, long begin) {
		Duration duration = Duration.ofNanos(System.nanoTime() - begin);
		this.completed.addAndGet(progress.completed());
		this.reports
			.chunkEnded(new SqlChunk(progress.completed(), session.retries().size(), progress.failed(), duration));
		this.failures.deadLetters(session, progress.failed(), begin);
	}

	/**
	 * Looks once from the start of the queue, while other workers drain it.
	 */
	void lookFromStart() {
		Progress progress = Progress.begin(this.pool.quickJobs());
		long announced = this.pool.announced();
		try (WorkerSession session = WorkerSession.open(this.dataSource, this.canceller)) {
			lookFromStart(session, progress, announced);
		}
		catch (SQLException | RuntimeException | Error ex) {
			logger.debug("A worker could not open a session to look from the start of the queue", ex);
		}
	}

	private void lookFromStart(WorkerSession session, Progress progress, long announced) {
		try {
			long begin = System.nanoTime();
			Progress next = look(session, progress, SHORT_SLICE);
			ended(session, next, begin);
			this.pool.lookFromStartEnded(announced, next.completed());
		}
		catch (SQLException | RuntimeException | Error ex) {
			session.discard();
			reportLost(ex);
			retryLater();
		}
	}

	/**
	 * Runs one command, after which the session is not used any more. Another worker goes
	 * on meanwhile, and one looks for the next command afterwards.
	 */
	private void workNonTransactionally(WorkerSession session) throws SQLException {
		this.pool.wake(1);
		long begin = System.nanoTime();
		CommandOutcome outcome;
		try (SessionWait wait = this.sessions.wait(session)) {
			outcome = session.workNonTransactionally();
		}
		if (outcome != null) {
			SqlChunk chunk = chunk(outcome, Duration.ofNanos(System.nanoTime() - begin));
			this.completed.addAndGet(chunk.completed());
			this.reports.chunkEnded(chunk);
			this.failures.nonTransactional(outcome);
			outcome.breakers().forEach(this.reports::breaker);
			this.pool.wake(1);
		}
	}

	private static SqlChunk chunk(CommandOutcome outcome, Duration duration) {
		String kind = String.valueOf(outcome.kind());
		return new SqlChunk(kind.equals("done") ? 1 : 0, kind.equals("retried") ? 1 : 0, outcome.isDead() ? 1 : 0,
				duration);
	}

	private void reportLost(Throwable ex) {
		if (isCancellation(ex)) {
			logger.debug("A chunk was cancelled between two jobs", ex);
		}
		else {
			this.sessionLost.set(true);
			logger.warn("A worker lost its session. The jobs that it had not committed are run again: "
					+ Causes.describe(ex));
			logger.debug("The cause:", ex);
		}
	}

	private static boolean isCancellation(Throwable ex) {
		return ex instanceof SQLException sql && PSQLState.QUERY_CANCELED.getState().equals(sql.getSQLState());
	}

	private void retryLater() {
		this.scheduleLook.accept(this.reconnectBackOff.next());
	}

}
