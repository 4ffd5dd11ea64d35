package io.github.pgdispatch.autoconfigure;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.driver.ScheduleTick;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.LosslessMapper;
import org.jspecify.annotations.Nullable;

/**
 * The handlers of a node for one database. The ticks of schedules with cron expressions
 * are among them if the node is to run such schedules: another node need not look for
 * their jobs. Thread-safe.
 */
final class TickingHandlers implements Supplier<Handlers> {

	private final Supplier<Handlers> handlers;

	private final BooleanSupplier ticks;

	private final DataSource dataSource;

	private final Supplier<LosslessMapper> mapper;

	private @Nullable Handlers known;

	private @Nullable Handlers all;

	/**
	 * Creates an instance.
	 * @param handlers the handlers of the application, which are complete when all
	 * singletons have been created
	 * @param ticks tells whether this node runs ticks
	 * @param dataSource the database
	 * @param mapper the mapper of arguments; used if this node runs ticks
	 */
	TickingHandlers(Supplier<Handlers> handlers, BooleanSupplier ticks, DataSource dataSource,
			Supplier<LosslessMapper> mapper) {
		this.handlers = handlers;
		this.ticks = ticks;
		this.dataSource = dataSource;
		this.mapper = mapper;
	}

	@Override
	public synchronized Handlers get() {
		Handlers present = this.handlers.get();
		Handlers found = this.all;
		if (found == null || present != this.known) {
			found = this.ticks.getAsBoolean() ? ScheduleTick.addTo(present, this.dataSource, this.mapper.get())
					: present;
			this.known = present;
			this.all = found;
		}
		return found;
	}

}
