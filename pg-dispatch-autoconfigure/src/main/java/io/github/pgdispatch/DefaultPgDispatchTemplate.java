package io.github.pgdispatch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.command.Command;
import io.github.pgdispatch.command.ParameterValues;

/**
 * Default implementation of {@link PgDispatchTemplate}.
 */
final class DefaultPgDispatchTemplate implements PgDispatchTemplate {

	private final JobWriter writer;

	private final BatchWriter batches;

	private final JobControl control;

	private final BatchControl batchControl;

	private final ScheduleControl schedules;

	private final JobResults results;

	DefaultPgDispatchTemplate(JobWriter writer, BatchWriter batches, JobControl control, BatchControl batchControl,
			ScheduleControl schedules, JobResults results) {
		this.writer = writer;
		this.batches = batches;
		this.control = control;
		this.batchControl = batchControl;
		this.schedules = schedules;
		this.results = results;
	}

	@Override
	public void fire(String sql) {
		snooze(sql, Map.of(), Duration.ZERO);
	}

	@Override
	public void fire(String sql, Object parameters) {
		snooze(sql, parameters, Duration.ZERO);
	}

	@Override
	public void snooze(String sql, Duration delay) {
		snooze(sql, Map.of(), delay);
	}

	@Override
	public void snooze(String sql, Object parameters, Duration delay) {
		snooze(Command.parse(sql), parameters, delay);
	}

	@Override
	public void snooze(Command command, Object parameters, Duration delay) {
		fire(Dispatch.sql(command, parameters).delay(delay));
	}

	@Override
	public long dispatch(Dispatch dispatch) {
		return this.writer.dispatch(dispatch);
	}

	@Override
	public void fire(Dispatch dispatch) {
		this.writer.fire(dispatch);
	}

	@Override
	public void fireAll(String sql, Collection<?> parameters) {
		Command command = Command.parse(sql);
		List<String> commands = new ArrayList<>(parameters.size());
		for (Object each : parameters) {
			commands.add(command.render(ParameterValues.of(each)));
		}
		this.writer.fireAll(commands);
	}

	@Override
	public ScheduleChange schedule(String name, Schedule schedule, Dispatch dispatch) {
		return this.schedules.put(name, schedule, dispatch, false);
	}

	@Override
	public ScheduleChange declareSchedule(String name, Schedule schedule, Dispatch dispatch) {
		return this.schedules.put(name, schedule, dispatch, true);
	}

	@Override
	public Optional<JobInfo> find(long id) {
		return this.control.find(id);
	}

	@Override
	public Cancellation cancel(long id) {
		return this.control.cancel(id);
	}

	@Override
	public boolean retry(long id) {
		return this.control.retry(id);
	}

	@Override
	public Batch batch(String name) {
		return new Batch(this.batches, name);
	}

	@Override
	public void closeBatch(long id) {
		this.batchControl.close(id);
	}

	@Override
	public Optional<BatchInfo> findBatch(long id) {
		return this.batchControl.find(id);
	}

	@Override
	public long cancelBatch(long id) {
		return this.batchControl.cancel(id);
	}

	@Override
	public JobResult await(long id, Duration timeout) {
		DispatchResult.refuseInTransactionOf(id);
		CompletableFuture<JobResult> ended = this.results.whenEnded(id);
		try {
			return DispatchResult.get(id, ended, timeout);
		}
		finally {
			ended.cancel(false);
		}
	}

}
