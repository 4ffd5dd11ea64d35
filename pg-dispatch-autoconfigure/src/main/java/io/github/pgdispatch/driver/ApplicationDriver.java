package io.github.pgdispatch.driver;

import java.util.Collection;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * Runs the SQL jobs of the role that it logs in as. It wakes workers as soon as a
 * transaction of this node has dispatched, when the database notifies it of a dispatch
 * from elsewhere, when snoozed jobs fall due, and after each poll interval.
 *
 * <p>
 * The driver starts before the web server and stops after it. When it is stopped, it
 * begins no further job and waits for the running ones as long as the lifecycle's timeout
 * allows. It never interrupts a job: the database finishes by itself what still runs
 * then.
 *
 * <p>
 * SQL jobs need sessions of their own. Where connections share the sessions of the
 * server, as behind a connection pooler in transaction mode, the driver logs a warning at
 * its start and runs nothing.
 */
public final class ApplicationDriver extends JobDriver<DriverRun> {

	private static final OneLineLog logger = OneLineLog.of(ApplicationDriver.class);

	private final DataSource dataSource;

	private final ThreadFactory threadFactory;

	private final DriverSettings settings;

	private final Supplier<? extends Collection<DriverListener>> listeners;

	private volatile boolean refused;

	/**
	 * Creates a driver, which does nothing before it is started.
	 * @param dataSource of sessions that have logged in as the role. The driver takes at
	 * most one connection for each worker and one to watch the queue, and holds those of
	 * workers only as long as there is work
	 * @param threadFactory of the threads that wait for the database
	 * @param settings of this driver
	 * @param listeners that are told what happens, which are asked for at each start
	 */
	public ApplicationDriver(DataSource dataSource, ThreadFactory threadFactory, DriverSettings settings,
			Supplier<? extends Collection<DriverListener>> listeners) {
		this.dataSource = dataSource;
		this.threadFactory = threadFactory;
		this.settings = settings;
		this.listeners = listeners;
	}

	@Override
	@Nullable DriverRun begin() {
		this.refused = SharedSessions.areBehind(this.dataSource);
		if (this.refused) {
			logger.warn("This node does not run SQL jobs, which need sessions of their own: its workers connect through"
					+ " a connection pooler in transaction mode. SQL jobs wait for another node or for pg_cron. "
					+ SharedSessions.WAY_OUT);
			return null;
		}
		return new DriverRun(this.dataSource, this.threadFactory, this.settings, this.listeners.get());
	}

	@Override
	JobKind kind() {
		return JobKind.SQL;
	}

	@Override
	int limit() {
		return this.refused ? 0 : this.settings.threads();
	}

	@Override
	public boolean runs(String name) {
		return true;
	}

	@Override
	public int getPhase() {
		return DriverPhases.SQL;
	}

}
