"""The tables from which the lab is made.  All names are invented."""

DEPARTMENTS = [                         # name, head
    ("Chemistry", "m.manager"),
    ("Microbiology", "c.culture"),
    ("Reception", "r.reception"),
]

STAFF = [                               # user, first, last, job, department
    ("m.manager", "Mara", "Manager", "Laboratory manager", "Chemistry"),
    ("q.quality", "Quentin", "Quality", "Quality manager", "Chemistry"),
    ("v.verifier", "Vera", "Verifier", "Deputy manager", "Microbiology"),
    ("a.analyst", "Ann", "Analyst", "Chemist", "Chemistry"),
    ("b.bench", "Björn", "Bench", "Technician", "Chemistry"),
    ("c.culture", "Chloé", "Culture", "Microbiologist", "Microbiology"),
    ("r.reception", "Rui", "Recepção", "Reception", "Reception"),
]

CATEGORIES = [                          # name, department
    ("Physical", "Chemistry"),
    ("Anions", "Chemistry"),
    ("Metals", "Chemistry"),
    ("Food composition", "Chemistry"),
    ("Microbiology", "Microbiology"),
]

MATRICES = ["Water", "Food", "Beverage", "Surface"]

SAMPLE_TYPES = [                        # name, prefix, matrix, volume, hazard
    ("Drinking water", "DW", "Water", "1 L", False),
    ("Surface water", "SW", "Water", "2 L", False),
    ("Waste water", "WW", "Water", "1 L", True),
    ("Raw milk", "RM", "Food", "250 mL", False),
    ("Cheese", "CH", "Food", "200 g", False),
    ("Smoked fish", "SF", "Food", "200 g", False),
    ("Beer", "BE", "Beverage", "330 mL", False),
    ("Swab", "SB", "Surface", "1 piece", True),
]

METHODS = [                             # name, norm, instructions
    ("Electrometry", "HL-M-01", "Two-point check each morning."),
    ("Ion chromatography", "HL-M-02", "Filter through 0.45 µm first."),
    ("ICP-MS", "HL-M-03", "Acidify to 1 % HNO₃; wait 16 h."),
    ("Membrane filtration", "HL-M-04", "100 mL, 36 °C ± 2 °C, 22 h."),
    ("Pour plate", "HL-M-05", "Two plates a dilution.\nCount 30 to 300."),
    ("Soxhlet extraction", "HL-M-06", "6 h; dry to constant weight."),
    ("HPLC", "HL-M-07", "C18, 250 × 4.6 mm, 5 µm."),
    ("Enrichment", "HL-M-08", "25 g in 225 mL;\tread after 18 h."),
]

INSTRUMENTS = [                         # name, maker, model, serial, method
    ("pH meter 1", "Northmade", "E-20", "000417", "Electrometry"),
    ("Conductometer", "Northmade", "C-3", "000418", "Electrometry"),
    ("IC 1", "Columna", "Anion 9", "IC-77-002", "Ion chromatography"),
    ("ICP-MS 1", "Plasmatic", "Q 800", "Q8-1190", "ICP-MS"),
    ("HPLC 1", "Columna", "L 4000", "L4-0031", "HPLC"),
    ("Incubator 36", "Warmbox", "36/2", "W-36-05", "Membrane filtration"),
]

SERVICES = [    # key, title, unit, category, method, instrument, price,
                # digits, lower limit, lowest, highest
    ("pH", "pH value", "", "Physical", "Electrometry", "pH meter 1",
     "8.00", 1, "0", 6.4, 8.6),
    ("EC", "Electrical conductivity", "µS/cm", "Physical", "Electrometry",
     "Conductometer", "8.00", 0, "0", 180, 1400),
    ("TURB", "Turbidity", "NTU", "Physical", "Electrometry", "",
     "7.50", 2, "0.10", 0.05, 2.2),
    ("COD", "Chemical oxygen demand", "mg/L", "Physical", "Electrometry", "",
     "21.00", 0, "5", 4, 620),
    ("CL", "Chloride", "mg/L", "Anions", "Ion chromatography", "IC 1",
     "14.00", 1, "0.5", 4, 180),
    ("NO3", "Nitrate", "mg/L", "Anions", "Ion chromatography", "IC 1",
     "14.00", 2, "0.10", 0.05, 38),
    ("SO4", "Sulfate", "mg/L", "Anions", "Ion chromatography", "IC 1",
     "14.00", 1, "0.5", 5, 160),
    ("PB", "Lead", "µg/L", "Metals", "ICP-MS", "ICP-MS 1",
     "16.50", 3, "0.050", 0.01, 6),
    ("CU", "Copper", "µg/L", "Metals", "ICP-MS", "ICP-MS 1",
     "16.50", 2, "0.20", 0.1, 140),
    ("FE", "Iron", "µg/L", "Metals", "ICP-MS", "ICP-MS 1",
     "16.50", 1, "1.0", 0.5, 260),
    ("ZN", "Zinc", "µg/L", "Metals", "ICP-MS", "ICP-MS 1",
     "16.50", 1, "1.0", 0.5, 90),
    ("ECOLI", "Escherichia coli", "CFU/100 mL", "Microbiology",
     "Membrane filtration", "Incubator 36", "18.00", 0, "1", 0, 12),
    ("ENTERO", "Enterococci", "CFU/100 mL", "Microbiology",
     "Membrane filtration", "Incubator 36", "18.00", 0, "1", 0, 9),
    ("TPC", "Total plate count", "CFU/g", "Microbiology", "Pour plate",
     "Incubator 36", "17.00", 0, "10", 5, 90000),
    ("SALM", "Salmonella spp. in 25 g", "", "Microbiology", "Enrichment",
     "Incubator 36", "34.00", 0, "0", 0, 0),
    ("LIST", "Listeria monocytogenes in 25 g", "", "Microbiology",
     "Enrichment", "Incubator 36", "38.00", 0, "0", 0, 0),
    ("FAT", "Fat", "g/100 g", "Food composition", "Soxhlet extraction", "",
     "26.00", 2, "0.10", 2.5, 34),
    ("PROT", "Protein (N × 6.38)", "g/100 g", "Food composition",
     "Soxhlet extraction", "", "24.00", 2, "0.10", 2.8, 27),
    ("SALT", "Salt", "g/100 g", "Food composition", "Ion chromatography",
     "IC 1", "15.00", 2, "0.01", 0.1, 4.2),
    ("HIST", "Histamine", "mg/kg", "Food composition", "HPLC", "HPLC 1",
     "55.00", 1, "2.0", 1, 90),
    ("ALC", "Alcohol", "% vol", "Food composition", "HPLC", "HPLC 1",
     "19.00", 1, "0.1", 0.2, 9.5),
]

PROFILES = {                            # title: sample type, services
    "Tap check": ("Drinking water", ["pH", "EC", "ECOLI", "ENTERO"]),
    "Tap metals": ("Drinking water", ["pH", "PB", "CU", "FE"]),
    "River": ("Surface water", ["pH", "NO3", "SO4", "ECOLI"]),
    "Outlet": ("Waste water", ["pH", "COD", "CL", "ZN"]),
    "Milk": ("Raw milk", ["pH", "FAT", "PROT", "TPC"]),
    "Cheese": ("Cheese", ["FAT", "SALT", "LIST"]),
    "Fish": ("Smoked fish", ["SALT", "HIST", "LIST"]),
    "Beer": ("Beer", ["pH", "ALC", "TPC"]),
    "Hygiene": ("Swab", ["TPC", "SALM"]),
}

SPECS = [                               # title, sample type, services
    ("Drinking water limits", "Drinking water",
     ["pH", "TURB", "NO3", "PB", "FE", "ECOLI"]),
    ("River targets", "Surface water", ["pH", "NO3"]),
]

CLIENTS = [     # code, name, phone, (street, zip, city, country)
    ("SALT", "Saltmarsh Dairy", "000 555 0101",
     ("3 Marsh Road", "00010", "Fernmere", "Nowhere")),
    ("NORD", "Nordlys Bryggeri", "000 555 0102",
     ("Ølgata 7", "00020", "Nordvik", "Nowhere")),
    ("AKER", "Åkerholm Vattenverk", "000 555 0103",
     ("Källvägen 12", "00030", "Åkerholm", "Nowhere")),
    ("FERN", "Town of Fernmere", "000 555 0104",
     ("Town Hall, Room 3", "00010", "Fernmere", "Nowhere")),
    ("QUAY", "Blue Quay Seafood", "000 555 0105",
     ("Pier 4", "00011", "Fernmere", "Nowhere")),
    ("CAFE", "Café Olé Rösterei", "000 555 0106",
     ("Bohnenstraße 9", "00040", "Südhausen", "Nowhere")),
    ("OAKS", "Two Oaks Farm Shop", "000 555 0107",
     ("Two Oaks", "00012", "Upper Fern", "Nowhere")),
    ("SAKE", "例示酒造 (Example Brewing)", "000 555 0108",
     ("一丁目1-1", "00050", "見本市", "Nowhere")),
]

CONTACTS = [                            # client, first, last, job
    ("SALT", "Ann", "Example", "Quality manager"),
    ("SALT", "Bob", "Placeholder", "Dairy technician"),
    ("NORD", "Kari", "Eksempel", "Brewer"),
    ("NORD", "Ola", "Nordmann", "Purchasing"),
    ("AKER", "Åsa", "Exempelsson", "Water engineer"),
    ("AKER", "Sample", "Sampleton", "Sampler"),
    ("FERN", "Joe", "Nobody", "Public health officer"),
    ("FERN", "Jane", "Doe", "Clerk"),
    ("QUAY", "María", "Ejemplo", "Plant manager"),
    ("QUAY", "Téa", "Testová", "Hygiene"),
    ("CAFE", "Erika", "Mustermann", "Owner"),
    ("CAFE", "Jörg", "Beispiel", "Roaster"),
    ("OAKS", "Zoë", "Dummy", "Farmer"),
    ("SAKE", "見本", "花子", "杜氏 (master brewer)"),
]

POINTS = [                              # name, client, types, lat, lon
    ("Waterworks tap", "AKER", ["Drinking water"], "50.000100", "10.0"),
    ("Reservoir Åkersjön", "AKER", ["Surface water"], "50.0", "-0.0"),
    ("School fountain", "FERN", ["Drinking water"], "50.10", "10.020"),
    ("Fern river, bridge", "FERN", ["Surface water"], "50.1010", "10.03"),
    ("Outlet east", "FERN", ["Waste water"], "50.11", "10.04"),
    ("Milk tank 2", "SALT", ["Raw milk"], "50.2", "10.1"),
    ("Cheese cellar", "SALT", ["Cheese", "Swab"], "50.2", "10.10"),
    ("Smoke house", "QUAY", ["Smoked fish", "Swab"], "50.3", "1.0E1"),
    ("Bright beer tank", "NORD", ["Beer"], "50.4", "10.2"),
    ("Kitchen", "CAFE", ["Swab", "Drinking water"], "50.5", "10.3"),
    ("Farm well", "OAKS", ["Drinking water", "Raw milk"], "50.6", "10.4"),
    ("仕込み水 (water)", "SAKE", ["Drinking water"], "50.7", "10.5"),
]

BATCHES = [                             # name, client, day of the lab's life
    ("B-001", "AKER", 14),
    ("B-002", "FERN", 14),
    ("B-003", "SALT", 21),
    ("B-004", "QUAY", 28),
]
