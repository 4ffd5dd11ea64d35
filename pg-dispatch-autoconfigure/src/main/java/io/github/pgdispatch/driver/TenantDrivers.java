package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchListener;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;
import org.springframework.util.function.SingletonSupplier;

/**
 * Runs the jobs of many tenants, each of which has a database of its own. It visits a
 * tenant as soon as a transaction of this node has dispatched in its database, when a job
 * becomes due, and after each interval. Only a few tenants are visited at once. A tenant
 * that is not visited holds no connection and no thread. Thread-safe.
 *
 * <p>
 * A start visits all tenants. A stop begins no further job and waits for the running
 * ones, as the drivers of one database do.
 */
public final class TenantDrivers implements SmartLifecycle, Drainable {

	private static final OneLineLog logger = OneLineLog.of(TenantDrivers.class);

	private final TenantTargets targets;

	private final BiFunction<Tenant, DataSource, TenantNode> nodes;

	private final TenantSettings settings;

	private final Supplier<TenantListener> listener;

	private final ThreadFactory threadFactory;

	private final Map<Tenant, Known> known = new ConcurrentHashMap<>();

	private volatile @Nullable TenantPlaces places;

	private @Nullable ScheduledExecutorService refresher;

	/**
	 * Creates drivers, which do nothing before they are started.
	 * @param targets the tenants and their databases
	 * @param nodes creates what runs the jobs of a tenant
	 * @param settings of these drivers
	 * @param listener is told how visits end
	 * @param threadFactory of the threads that visit tenants
	 */
	public TenantDrivers(TenantTargets targets, BiFunction<Tenant, DataSource, TenantNode> nodes,
			TenantSettings settings, Supplier<TenantListener> listener, ThreadFactory threadFactory) {
		this.targets = targets;
		this.nodes = nodes;
		this.settings = settings;
		this.listener = listener;
		this.threadFactory = threadFactory;
	}

	/**
	 * Returns a listener that has the tenant of the current thread visited after a
	 * commit.
	 * @param kind the kind of the jobs that the listener is told of
	 * @return the listener
	 */
	public DispatchListener listener(JobKind kind) {
		return new DispatchListener() {

			@Override
			public boolean isListening() {
				TenantPlaces places = TenantDrivers.this.places;
				return places != null && !places.areHeld();
			}

			@Override
			public void committed(int fired, int snoozed) {
				Tenant tenant = TenantDrivers.this.targets.current();
				TenantVisits visits = (tenant != null && isListening()) ? visits(tenant) : null;
				if (visits != null) {
					visits.committed(kind, fired, snoozed);
				}
			}

		};
	}

	/**
	 * Called after commits, which do not wait for others that look for tenants unless
	 * this one is new.
	 */
	private @Nullable TenantVisits visits(Tenant tenant) {
		if (!this.known.containsKey(tenant)) {
			refresh();
		}
		Known known = this.known.get(tenant);
		return (known != null) ? known.visits() : null;
	}

	/**
	 * Finds the tenants that were added, removed, or given another database.
	 */
	private synchronized void refresh() {
		TenantPlaces places = this.places;
		if (places == null) {
			return;
		}
		Map<Tenant, DataSource> present = this.targets.all();
		this.known.entrySet().removeIf((entry) -> {
			boolean gone = present.get(entry.getKey()) != entry.getValue().dataSource();
			if (gone) {
				entry.getValue().visits().end();
			}
			return gone;
		});
		// Nodes that start at the same time would visit the same tenants otherwise.
		List<Map.Entry<Tenant, DataSource>> all = new ArrayList<>(present.entrySet());
		Collections.shuffle(all);
		all.forEach((each) -> this.known.computeIfAbsent(each.getKey(),
				(tenant) -> new Known(each.getValue(), visits(tenant, each.getValue(), places))));
	}

	private TenantVisits visits(Tenant tenant, DataSource dataSource, TenantPlaces places) {
		TenantVisits visits = new TenantVisits(tenant, SingletonSupplier.of(() -> this.nodes.apply(tenant, dataSource)),
				places, this.listener.get(), this.settings.interval());
		visits.visitIn(Duration.ZERO);
		return visits;
	}

	private void refreshSafely() {
		try {
			refresh();
		}
		catch (RuntimeException ex) {
			logger.warn("The tenants could not be determined: " + Causes.describe(ex));
			logger.debug("The cause:", ex);
		}
	}

	@Override
	public synchronized void start() {
		if (this.places == null) {
			this.places = new TenantPlaces(this.settings.concurrency(), this.threadFactory);
			ScheduledExecutorService refresher = Executors.newSingleThreadScheduledExecutor(this.threadFactory);
			this.refresher = refresher;
			refresh();
			long millis = this.settings.interval().toMillis();
			refresher.scheduleWithFixedDelay(this::refreshSafely, millis, millis, TimeUnit.MILLISECONDS);
		}
	}

	/**
	 * Does not return before all visits have ended, or the time for it is over.
	 */
	@Override
	public void stop() {
		TenantPlaces places = end();
		if (places != null) {
			places.stop(this.settings.shutdownTime());
		}
	}

	private synchronized @Nullable TenantPlaces end() {
		TenantPlaces places = this.places;
		if (this.refresher != null) {
			this.refresher.shutdown();
		}
		this.places = null;
		this.known.clear();
		return places;
	}

	@Override
	public void stop(Runnable callback) {
		stop();
		callback.run();
	}

	@Override
	public boolean isRunning() {
		return this.places != null;
	}

	@Override
	public int getPhase() {
		return DriverPhases.METHODS;
	}

	@Override
	public void drain() {
		TenantPlaces places = this.places;
		if (places != null) {
			places.drain(true);
		}
	}

	@Override
	public synchronized void resume() {
		TenantPlaces places = this.places;
		if (places != null && places.isDraining()) {
			places.drain(false);
			this.known.values().forEach((known) -> known.visits().visitIn(Duration.ZERO));
		}
	}

	@Override
	public boolean isDraining() {
		TenantPlaces places = this.places;
		return places != null && places.isDraining();
	}

	/**
	 * A tenant of which these drivers know.
	 *
	 * @param dataSource of its database
	 * @param visits of the tenant
	 */
	private record Known(DataSource dataSource, TenantVisits visits) {

	}

}
