package io.github.pgdispatch.driver;

import java.lang.reflect.Method;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.BackOff;
import io.github.pgdispatch.gateway.TickGateway;
import io.github.pgdispatch.gateway.TickGateway.CronSchedule;
import io.github.pgdispatch.handler.Arguments;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.RetryPolicy;

import org.springframework.scheduling.support.CronExpression;
import org.springframework.util.ReflectionUtils;

/**
 * The handler of the ticks of schedules with a cron expression: it computes the due
 * times, and has the database dispatch their jobs and the next tick in one transaction.
 * The database does so once, however often and wherever a tick runs. Thread-safe.
 */
public final class ScheduleTick {

	private static final RetryPolicy WITHOUT_END = new RetryPolicy(Short.MAX_VALUE, BackOff.DEFAULT, List.of(),
			List.of());

	private final TickGateway gateway;

	private ScheduleTick(DataSource dataSource) {
		this.gateway = new TickGateway(dataSource);
	}

	/**
	 * Adds the handler of ticks.
	 * @param handlers the other handlers of the node
	 * @param dataSource the database that has the schedules
	 * @param mapper the mapper of arguments
	 * @return new handlers
	 */
	public static Handlers addTo(Handlers handlers, DataSource dataSource, LosslessMapper mapper) {
		Method method = ReflectionUtils.findMethod(ScheduleTick.class, "run", String.class, long.class);
		if (method == null) {
			throw new IllegalStateException("The method that runs ticks is missing");
		}
		ScheduleTick tick = new ScheduleTick(dataSource);
		List<Handler> all = new ArrayList<>(handlers.all());
		all.add(new Handler(TickGateway.HANDLER, Integer.MAX_VALUE, WITHOUT_END, null, null, () -> tick, method,
				ScheduleTick.class, Arguments.of(method, mapper), null));
		return new Handlers(all);
	}

	/**
	 * Runs a tick.
	 * @param schedule the name of the schedule
	 * @param tick the id of the tick
	 */
	void run(String schedule, long tick) {
		CronSchedule found = this.gateway.find(schedule, tick).orElse(null);
		if (found == null) {
			return;
		}
		DueTimes dueTimes = DueTimes.of(CronExpression.parse(found.cron()), ZoneId.of(found.zone()), found.nextAt(),
				found.moment(), found.all());
		this.gateway.advance(schedule, tick, dueTimes.passed(), dueTimes.count(), dueTimes.next());
	}

}
