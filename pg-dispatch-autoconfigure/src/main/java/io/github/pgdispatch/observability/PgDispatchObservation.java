package io.github.pgdispatch.observability;

import io.micrometer.common.KeyValue;
import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;
import org.jspecify.annotations.Nullable;

/**
 * The observations of pg-dispatch. A key value is never missing: it is {@code none} where
 * there is none.
 */
public enum PgDispatchObservation implements ObservationDocumentation {

	/**
	 * A dispatch from Java, from the check of the transaction until the job is written.
	 */
	DISPATCH("pgdispatch.dispatch") {

		@Override
		public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
			return DefaultDispatchObservationConvention.class;
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return new KeyName[] { Key.HANDLER, Key.OUTCOME };
		}

		@Override
		public KeyName[] getHighCardinalityKeyNames() {
			return new KeyName[] { Key.LABEL, Key.QUEUE, Key.JOB_ID };
		}

	},

	/**
	 * An attempt of a handler's job on the node that runs it.
	 */
	PROCESS("pgdispatch.process") {

		@Override
		public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
			return DefaultProcessObservationConvention.class;
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return new KeyName[] { Key.HANDLER, Key.OUTCOME };
		}

		@Override
		public KeyName[] getHighCardinalityKeyNames() {
			return new KeyName[] { Key.QUEUE, Key.JOB_ID, Key.JOB_ATTEMPT };
		}

	};

	private final String name;

	PgDispatchObservation(String name) {
		this.name = name;
	}

	@Override
	public String getName() {
		return this.name;
	}

	/**
	 * The names of the key values.
	 */
	public enum Key implements KeyName {

		/**
		 * Name of the handler.
		 */
		HANDLER("handler"),

		/**
		 * Label of the SQL. Nothing bounds their number, so no meter has it.
		 */
		LABEL("label"),

		/**
		 * Name of the queue. Each tenant may have its own, so no meter has it.
		 */
		QUEUE("queue"),

		/**
		 * {@code done} or {@code error}. An attempt may also be {@code released} if the
		 * job was given back, {@code sleeping} if the job sleeps, or {@code lost} if
		 * another node had taken it over.
		 */
		OUTCOME("outcome"),

		/**
		 * Id of the job, if it is known.
		 */
		JOB_ID("pgdispatch.job.id"),

		/**
		 * Number of the attempt, which starts at 1.
		 */
		JOB_ATTEMPT("pgdispatch.job.attempt");

		private final String key;

		Key(String key) {
			this.key = key;
		}

		@Override
		public String asString() {
			return this.key;
		}

		/**
		 * Returns the key with a value, which is {@code none} if there is none.
		 */
		KeyValue withValueOrNone(@Nullable String value) {
			return withValue((value != null) ? value : KeyValue.NONE_VALUE);
		}

	}

}
