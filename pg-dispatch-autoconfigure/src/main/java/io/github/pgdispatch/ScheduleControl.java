package io.github.pgdispatch;

import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;
import io.github.pgdispatch.gateway.ScheduleGateway;
import io.github.pgdispatch.gateway.TickGateway;

import org.springframework.util.Assert;

/**
 * Makes and changes schedules. A change joins the current transaction or, if there is
 * none, commits by itself. Thread-safe.
 */
final class ScheduleControl {

	private static final Set<Option> IMPOSSIBLE = Set.of(Option.KEY, Option.KEEP_KEY, Option.ON_DUPLICATE,
			Option.RESULT, Option.KEEP_RESULT);

	private static final int MAX_BYTES = 900;

	private final ScheduleGateway gateway;

	private final DispatchTransaction transaction;

	private final DispatchListener handlerListener;

	private final DispatchDefaults defaults;

	ScheduleControl(DataSource dataSource, DispatchTransaction transaction, DispatchListener handlerListener,
			DispatchDefaults defaults) {
		this.gateway = new ScheduleGateway(dataSource);
		this.transaction = transaction;
		this.handlerListener = handlerListener;
		this.defaults = defaults;
	}

	ScheduleChange put(String name, Schedule schedule, Dispatch dispatch, boolean declared) {
		requireName(name);
		Assert.isTrue(dispatch.options().values().keySet().stream().noneMatch(IMPOSSIBLE::contains),
				"The jobs of a schedule have neither a key nor a result. Whether they overlap, the schedule itself says");
		Assert.isTrue(dispatch.delay().isZero(), "The jobs of a schedule have no delay");
		if (schedule.cron() != null && !this.handlerListener.runs(TickGateway.HANDLER)) {
			throw new IllegalStateException("This application does not run schedules with cron expressions, as no"
					+ " annotation declares one. Set pgdispatch.cron-schedules=true");
		}
		ZoneId zone = schedule.zone();
		DispatchOptions options = (dispatch.handler() != null) ? dispatch.options()
				: this.defaults.complete(dispatch.options());
		ScheduleGateway.Definition definition = new ScheduleGateway.Definition(name, schedule.interval(),
				schedule.cron(), (zone != null) ? zone.getId() : null, schedule.startsAt(),
				(dispatch.handler() != null) ? null : dispatch.content(), dispatch.handler(),
				(dispatch.handler() != null) ? dispatch.content() : null, options, schedule.missed().name(),
				schedule.overlaps());
		return ScheduleChange.valueOf(this.transaction.call(() -> this.gateway.put(definition, declared)));
	}

	List<ScheduleInfo> list() {
		return this.gateway.list().stream().map(ScheduleInfo::of).toList();
	}

	boolean pause(String name) {
		requireName(name);
		return this.transaction.call(() -> this.gateway.pause(name));
	}

	boolean resume(String name) {
		requireName(name);
		return this.transaction.call(() -> this.gateway.resume(name));
	}

	long run(String name) {
		requireName(name);
		return this.transaction.call(() -> this.gateway.run(name));
	}

	boolean remove(String name) {
		requireName(name);
		return this.transaction.call(() -> this.gateway.remove(name));
	}

	private static void requireName(String name) {
		ArgumentChecks.name("The name of the schedule", name);
		Assert.isTrue(name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES,
				() -> "The name of the schedule must have at most " + MAX_BYTES + " bytes in UTF-8");
	}

}
