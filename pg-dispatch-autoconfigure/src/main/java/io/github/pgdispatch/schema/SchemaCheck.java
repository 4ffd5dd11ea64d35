package io.github.pgdispatch.schema;

/**
 * Decides what is left to do, and whether we may do it.
 *
 * @param needed version of the schema that this library was built for
 */
record SchemaCheck(SchemaVersion needed) {

	/**
	 * Whether there is a schema that this library works with.
	 */
	boolean isInstalled(SchemaState state) {
		return state.version() != null && state.version().serves(this.needed);
	}

	boolean isNewer(SchemaState state) {
		return state.version() != null && state.version().compareTo(this.needed) > 0;
	}

	/**
	 * Whether nothing is left to do.
	 */
	boolean isSatisfied(SchemaState state) {
		return isInstalled(state) && state.missingTables().isEmpty() && state.unknownRoles().isEmpty()
				&& state.rolesLackingPrivileges().isEmpty();
	}

	/**
	 * Fails if something is left to do.
	 */
	void requireSatisfied(SchemaState state) {
		requireNothingInTheWay(state);
		if (!state.versioned()) {
			throw failure(state).ofSchemaThatIsMissing();
		}
		if (!isInstalled(state)) {
			throw failure(state).ofOlderVersion();
		}
		if (!state.rolesLackingPrivileges().isEmpty()) {
			throw failure(state).ofPrivilegesThatAreMissing();
		}
	}

	/**
	 * Fails if something is left to do that the user may not do.
	 */
	void requireChangeable(SchemaState state) {
		requireNothingInTheWay(state);
		if (!isInstalled(state)) {
			requireInstallable(state);
		}
		else if (!state.rolesLackingPrivileges().isEmpty() && (state.extension() != null || !state.owned())) {
			throw failure(state).ofPrivilegesThatAreMissing();
		}
	}

	private void requireNothingInTheWay(SchemaState state) {
		if (!state.unknownRoles().isEmpty()) {
			throw failure(state).ofUnknownRoles();
		}
		if (!state.missingTables().isEmpty()) {
			throw failure(state).ofTablesThatAreMissing();
		}
		if (state.versioned() && state.version() == null) {
			throw failure(state).ofPrivilegesThatAreMissing();
		}
		if (state.version() != null && state.version().major() > this.needed.major()) {
			throw failure(state).ofNewerVersion();
		}
		if (state.predecessor()) {
			throw failure(state).ofPredecessor();
		}
		if (!isInstalled(state) && state.extension() != null) {
			throw failure(state).ofExtension();
		}
		if (!state.strangers().isEmpty()) {
			throw failure(state).ofStrangers();
		}
	}

	private void requireInstallable(SchemaState state) {
		if (!state.exists() && !state.mayCreateSchema()) {
			throw failure(state).ofRightToCreateSchema();
		}
		if (state.exists() && !state.owned()) {
			throw failure(state).ofRightsOfOwner();
		}
	}

	private SchemaFailure failure(SchemaState state) {
		return new SchemaFailure(state, this.needed);
	}

}
