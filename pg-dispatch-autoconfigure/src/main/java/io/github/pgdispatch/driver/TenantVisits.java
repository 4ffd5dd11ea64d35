package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;
import org.springframework.util.function.SingletonSupplier;

/**
 * The visits of a tenant, one after the other. A visit looks at the queue and, if
 * anything is due, runs jobs until nothing is. Thread-safe.
 */
final class TenantVisits implements Runnable {

	private static final OneLineLog logger = OneLineLog.of(TenantVisits.class);

	private static final Duration TICK = Duration.ofMillis(20);

	/**
	 * Time without a running job after which a visit ends although jobs are due. Another
	 * node runs them, or something is paused.
	 */
	private static final Duration QUIET = Duration.ofSeconds(1);

	/**
	 * Time after which a visit begins no more jobs if other tenants wait.
	 */
	private static final Duration TURN = Duration.ofSeconds(5);

	/**
	 * Maximum time between two looks at the queue of a tenant without jobs. A look also
	 * deletes what has expired.
	 */
	private static final Duration LOOK_WITHOUT_JOBS = Duration.ofMinutes(10);

	private final Tenant tenant;

	private final SingletonSupplier<TenantNode> node;

	private final TenantPlaces places;

	private final TenantListener listener;

	private final Duration interval;

	private final ExponentialBackOff backOff;

	private BackOffExecution untilNextAttempt;

	private boolean failing;

	/**
	 * When the queue was last looked at. Used by the thread of a visit.
	 */
	private long lookedAt = System.nanoTime();

	private @Nullable ScheduledFuture<?> next;

	private boolean visiting;

	private boolean wanted;

	private boolean gone;

	/**
	 * Creates visits, none of which is scheduled.
	 * @param tenant to visit
	 * @param node that runs the jobs of the tenant, which the first visit creates
	 * @param places of visits of this node
	 * @param listener is told how visits end
	 * @param interval the longest time between two visits
	 */
	TenantVisits(Tenant tenant, SingletonSupplier<TenantNode> node, TenantPlaces places, TenantListener listener,
			Duration interval) {
		this.tenant = tenant;
		this.node = node;
		this.places = places;
		this.listener = listener;
		this.interval = interval;
		this.backOff = new ExponentialBackOff(Math.min(QUIET.toMillis(), interval.toMillis()), 2);
		this.backOff.setMaxInterval(interval.toMillis());
		this.untilNextAttempt = this.backOff.start();
	}

	/**
	 * Schedules a visit, unless one is scheduled before that. One that is wanted during a
	 * visit comes after it.
	 */
	synchronized void visitIn(Duration delay) {
		if (this.visiting || this.gone) {
			this.wanted = true;
		}
		else if (this.next == null || this.next.getDelay(TimeUnit.NANOSECONDS) > delay.toNanos()) {
			cancel();
			this.next = this.places.schedule(this, delay);
		}
	}

	/**
	 * Cancels the scheduled visit, and schedules no other.
	 */
	synchronized void end() {
		this.gone = true;
		cancel();
		if (!this.visiting) {
			this.listener.left(this.tenant);
		}
	}

	private void cancel() {
		if (this.next != null) {
			this.next.cancel(false);
		}
	}

	void committed(JobKind kind, int fired, int snoozed) {
		node().committed(kind, fired, snoozed);
		visitIn(Duration.ZERO);
	}

	@Override
	public void run() {
		begin();
		Duration delay = this.interval;
		try {
			if (!this.places.areHeld()) {
				delay = visit();
				succeeded();
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			delay = failed(ex);
		}
		finally {
			end(delay);
		}
	}

	private synchronized void begin() {
		this.visiting = true;
		this.wanted = false;
		this.next = null;
	}

	private synchronized void end(Duration delay) {
		this.visiting = false;
		if (this.gone) {
			this.listener.left(this.tenant);
		}
		visitIn(this.wanted ? Duration.ZERO : (delay.compareTo(this.interval) < 0) ? delay : this.interval);
	}

	private Duration visit() throws SQLException {
		try {
			node().open();
			TenantLook look = needsLook() ? look() : TenantLook.NO_JOBS;
			boolean worked = look.isDue() && runJobs(look);
			if (look.isDue()) {
				look = look();
			}
			this.listener.visited(this.tenant, look, worked, node().status());
			return !look.isDue() ? untilNext(look) : worked ? Duration.ZERO : untilNextAttempt();
		}
		finally {
			node().close();
		}
	}

	private boolean needsLook() throws SQLException {
		sees();
		return isPast(this.lookedAt, LOOK_WITHOUT_JOBS) || node().hasJobs();
	}

	private TenantLook look() throws SQLException {
		sees();
		this.lookedAt = System.nanoTime();
		return node().look();
	}

	/**
	 * Notes that what was committed until now is seen, and needs no other visit.
	 */
	private synchronized void sees() {
		this.wanted = false;
	}

	private boolean runJobs(TenantLook look) throws SQLException {
		try {
			return work(look);
		}
		finally {
			node().stop();
		}
	}

	/**
	 * Runs jobs until nothing is due, or until it is another tenant's turn.
	 * @return whether any job was run
	 */
	private boolean work(TenantLook first) throws SQLException {
		TenantLook look = first;
		boolean worked = false;
		long begin = System.nanoTime();
		long active = begin;
		node().start(look);
		while (this.places.pause(TICK)) {
			if (this.places.areHeld() || (isPast(begin, TURN) && this.places.areWanted())) {
				node().drain();
				if (node().active() == 0) {
					break;
				}
			}
			else if (node().active() > 0) {
				worked = true;
				active = System.nanoTime();
			}
			else {
				look = look();
				if (!look.isDue() || isPast(active, QUIET)) {
					break;
				}
				node().start(look);
			}
		}
		return worked;
	}

	private TenantNode node() {
		return this.node.obtain();
	}

	private static boolean isPast(long begin, Duration duration) {
		return System.nanoTime() - begin > duration.toNanos();
	}

	private Duration untilNext(TenantLook look) {
		this.untilNextAttempt = this.backOff.start();
		return (look.nextDueIn() != null) ? look.nextDueIn() : this.interval;
	}

	private Duration untilNextAttempt() {
		return Duration.ofMillis(this.untilNextAttempt.nextBackOff());
	}

	private void succeeded() {
		if (this.failing) {
			logger.info("The jobs of the tenant " + this.tenant + " are run again");
		}
		this.failing = false;
	}

	private Duration failed(Throwable ex) {
		if (!this.failing) {
			logger.warn("The jobs of the tenant " + this.tenant + " wait: " + Causes.describe(ex));
		}
		logger.debug("The cause:", ex);
		this.failing = true;
		this.listener.failed(this.tenant, ex);
		return untilNextAttempt();
	}

}
